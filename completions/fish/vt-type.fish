function __vt-type_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __vt-type_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __vt-type_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __vt-type_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __vt-type_parse_tokens -S
    set -l unparsed_tokens (__vt-type_tokens -pc)
    switch $unparsed_tokens[1]
    case 'vt-type'
        __vt-type_parse_subcommand 0 'driver=' 'option=+' 'list-drivers' 'check-driver=' 'events' 'keys=' 'prefix=' 'suffix=' 'delay=' 'config=' 'profile=' 'show-config' 'q/quiet' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __vt-type_parse_subcommand -r 1 'version'
        end
    end
end

function __vt-type_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __vt-type_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __vt-type_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __vt-type_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__vt-type_tokens -p)
    if test -z "$(__vt-type_tokens -t)"
        set -l index (count (__vt-type_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'vt-type' -f
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_flags_or_options "vt-type" driver' -l 'driver' -d 'How to deliver: a name, a path, or several with commas, tried in turn (default: auto).' -rfka ''
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_flags_or_options "vt-type"' -l 'option' -d 'An option of the driver\'s own; can be repeated.' -rfka ''
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_flags_or_options "vt-type" list-drivers' -l 'list-drivers' -d 'List the drivers, where each was found, and which one is the default; run none.'
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_flags_or_options "vt-type" check-driver' -l 'check-driver' -d 'Try a driver plugin against the rules of vt-plugin(7); it types a few words.' -rfka ''
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_flags_or_options "vt-type" events' -l 'events' -d 'The input is event lines, vt-events(5); what is final is typed.'
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_flags_or_options "vt-type" keys' -l 'keys' -d 'Keys that text may press: enter, tab and escape, separated by commas.' -rfka ''
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_flags_or_options "vt-type" prefix' -l 'prefix' -d 'Type this before each utterance.' -rfka ''
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_flags_or_options "vt-type" suffix' -l 'suffix' -d 'Type this after each utterance.' -rfka ''
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_flags_or_options "vt-type" delay' -l 'delay' -d 'Wait between keys, for windows that lose some (default: none).' -rfka ''
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_flags_or_options "vt-type" config' -l 'config' -d 'Read this configuration instead of ~/.config/vt/config.toml (vt.toml(5)); /dev/null is none.' -rfka ''
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_flags_or_options "vt-type" profile' -l 'profile' -d 'Use a profile of the configuration.' -rfka ''
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_flags_or_options "vt-type" show-config' -l 'show-config' -d 'Show what is in force and where it comes from; do nothing else.'
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_flags_or_options "vt-type" q quiet' -l 'quiet' -s 'q' -d 'Say nothing on standard error but why it failed.'
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_flags_or_options "vt-type" version' -l 'version' -d 'Show the version.'
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_flags_or_options "vt-type" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_positional "vt-type" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'vt-type' -n '__vt-type_should_offer_completions_for_flags_or_options "vt-type help" version' -l 'version' -d 'Show the version.'
