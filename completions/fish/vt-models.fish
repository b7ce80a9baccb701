function __vt-models_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __vt-models_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __vt-models_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __vt-models_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __vt-models_parse_tokens -S
    set -l unparsed_tokens (__vt-models_tokens -pc)
    switch $unparsed_tokens[1]
    case 'vt-models'
        __vt-models_parse_subcommand -r 2 'all' 'installed' 'format=' 'language=' 'name=' 'sha256=' 'force' 'no-library' 'vulkan' 'shared' 'unset' 'q/quiet' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __vt-models_parse_subcommand -r 1 'version'
        end
    end
end

function __vt-models_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __vt-models_parse_subcommand -S -a positional_count
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

function __vt-models_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __vt-models_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__vt-models_tokens -p)
    if test -z "$(__vt-models_tokens -t)"
        set -l index (count (__vt-models_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'vt-models' -f
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_positional "vt-models" -eq 1' -fka 'list install remove verify path default library'
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_positional "vt-models" -ge 2' -fka '(__vt-models_custom_completion ---completion -- positional@1 (count (__vt-models_tokens -pc)) (__vt-models_tokens -tC))'
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_flags_or_options "vt-models" all' -l 'all' -d 'With list: also what engines of their own models can install.'
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_flags_or_options "vt-models" installed' -l 'installed' -d 'With list: only what is installed.'
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_flags_or_options "vt-models" format' -l 'format' -d 'With list: text, or jsonl, an object a line (default: text).' -rfka 'text jsonl'
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_flags_or_options "vt-models" language' -l 'language' -d 'With install: without a name, a model for this language (default: that of the locale).' -rfka ''
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_flags_or_options "vt-models" name' -l 'name' -d 'With install: what to call the model of an address or a file.' -rfka ''
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_flags_or_options "vt-models" sha256' -l 'sha256' -d 'With install: the SHA-256 that the address or the file must have.' -rfka ''
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_flags_or_options "vt-models" force' -l 'force' -d 'With install: fetch it again, although it is there.'
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_flags_or_options "vt-models" no-library' -l 'no-library' -d 'With install: leave libtranscribe out, which comes with the first model.'
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_flags_or_options "vt-models" vulkan' -l 'vulkan' -d 'With library: also what works on graphics processors (44 MB).'
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_flags_or_options "vt-models" shared' -l 'shared' -d 'For everybody on this machine: beside the program, not in your home.'
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_flags_or_options "vt-models" unset' -l 'unset' -d 'With default: take the choice back.'
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_flags_or_options "vt-models" q quiet' -l 'quiet' -s 'q' -d 'Say nothing on standard error but why it failed.'
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_flags_or_options "vt-models" version' -l 'version' -d 'Show the version.'
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_flags_or_options "vt-models" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_positional "vt-models" -eq 3' -fa 'help' -d 'Show subcommand help information.'
complete -c 'vt-models' -n '__vt-models_should_offer_completions_for_flags_or_options "vt-models help" version' -l 'version' -d 'Show the version.'
