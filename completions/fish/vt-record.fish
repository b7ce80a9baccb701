function __vt-record_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __vt-record_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __vt-record_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __vt-record_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __vt-record_parse_tokens -S
    set -l unparsed_tokens (__vt-record_tokens -pc)
    switch $unparsed_tokens[1]
    case 'vt-record'
        __vt-record_parse_subcommand 0 'device=' 'recorder=' 'list-recorders' 'check-recorder=' 'option=+' 'list-devices' 'json' 'rate=' 'channels=' 'with-playback' 'sample-format=' 'raw' 'o/output=' 'duration=' 'period=' 'stall-timeout=' 'no-meter' 'until-silence=' 'no-speech-timeout=' 'wait-for-speech' 'pre-roll=' 'detector=' 'config=' 'profile=' 'show-config' 'q/quiet' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __vt-record_parse_subcommand -r 1 'version'
        end
    end
end

function __vt-record_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __vt-record_parse_subcommand -S -a positional_count
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

function __vt-record_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __vt-record_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__vt-record_tokens -p)
    if test -z "$(__vt-record_tokens -t)"
        set -l index (count (__vt-record_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'vt-record' -f
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" device' -l 'device' -d 'The microphone: its name, or a part of its name or description.' -rfka ''
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" recorder' -l 'recorder' -d 'What captures: alsa or a plugin, by name or path; see --list-recorders (default: alsa).' -rfka ''
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" list-recorders' -l 'list-recorders' -d 'List the recorders, where they are and what they hide; run none.'
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" check-recorder' -l 'check-recorder' -d 'Try whether a recorder keeps to the plugin protocol: a line for each rule.' -rfka ''
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record"' -l 'option' -d 'An option of the recorder\'s own; can be repeated.' -rfka ''
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" list-devices' -l 'list-devices' -d 'List the microphones, a line each: the name, a tab, and what it is.'
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" json' -l 'json' -d 'With --list-devices: a JSON array.'
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" rate' -l 'rate' -d 'Frames a second.' -rfka ''
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" channels' -l 'channels' -d 'Channels (default: 1).' -rfka ''
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" with-playback' -l 'with-playback' -d 'Record what is played, too: channel 1 is the microphone, 2 the playback (recorder: pulse).'
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" sample-format' -l 'sample-format' -d 'How a sample is stored.' -rfka 'u8 s16le s24le s32le f32le f64le'
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" raw' -l 'raw' -d 'Write samples only, without a WAV header.'
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" o output' -l 'output' -s 'o' -d 'Write to a file, not to standard output.' -rfka ''
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" duration' -l 'duration' -d 'End by itself after so long: 300ms, 1.5s, 2m.' -rfka ''
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" period' -l 'period' -d 'How much sound arrives at a time: 1ms to 1s.' -rfka ''
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" stall-timeout' -l 'stall-timeout' -d 'Wait so long for a microphone that delivers nothing any more, before it is given up.' -rfka ''
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" no-meter' -l 'no-meter' -d 'Show no level meter, on a terminal either.'
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" until-silence' -l 'until-silence' -d 'End when so much silence has followed speech; 1.2s where no time is given.' -rfka ''
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" no-speech-timeout' -l 'no-speech-timeout' -d 'End with status 1 when nobody has spoken for so long (default: 10s with --until-silence, unless it waits).' -rfka ''
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" wait-for-speech' -l 'wait-for-speech' -d 'Write nothing until somebody speaks; --duration counts from then on.'
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" pre-roll' -l 'pre-roll' -d 'With --wait-for-speech: begin so long before the speech (default: 500ms).' -rfka ''
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" detector' -l 'detector' -d 'silero or energy (default: silero where its weights are installed).' -rfka 'silero energy'
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" config' -l 'config' -d 'Read this configuration instead of ~/.config/vt/config.toml (vt.toml(5)); /dev/null is none.' -rfka ''
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" profile' -l 'profile' -d 'Use a profile of the configuration.' -rfka ''
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" show-config' -l 'show-config' -d 'Show what is in force and where it comes from; do nothing else.'
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" q quiet' -l 'quiet' -s 'q' -d 'Say nothing on standard error but why it failed.'
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" version' -l 'version' -d 'Show the version.'
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_positional "vt-record" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'vt-record' -n '__vt-record_should_offer_completions_for_flags_or_options "vt-record help" version' -l 'version' -d 'Show the version.'
