function __vt-vad_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __vt-vad_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __vt-vad_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __vt-vad_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __vt-vad_parse_tokens -S
    set -l unparsed_tokens (__vt-vad_tokens -pc)
    switch $unparsed_tokens[1]
    case 'vt-vad'
        __vt-vad_parse_subcommand -r 2 'detector=' 'model=' 'threshold=' 'negative-threshold=' 'min-speech=' 'min-silence=' 'padding=' 'max-speech=' 'min-pause=' 'cut-at-last-pause' 'format=' 'events' 'samples' 'pre-roll=' 'raw' 'rate=' 'sample-format=' 'channels=' 'track=' 'strict' 'q/quiet' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __vt-vad_parse_subcommand -r 1 'version'
        end
    end
end

function __vt-vad_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __vt-vad_parse_subcommand -S -a positional_count
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

function __vt-vad_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __vt-vad_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__vt-vad_tokens -p)
    if test -z "$(__vt-vad_tokens -t)"
        set -l index (count (__vt-vad_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'vt-vad' -f
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_positional "vt-vad" -eq 1' -fka 'trim segments split gate probabilities'
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" detector' -l 'detector' -d 'silero or energy (default: silero where its weights are installed).' -rfka 'silero energy'
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" model' -l 'model' -d 'The weights of the silero detector.' -rfka ''
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" threshold' -l 'threshold' -d 'Probability from which on it is speech.' -rfka ''
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" negative-threshold' -l 'negative-threshold' -d 'Probability below which speech ends (default: 0.15 less than the threshold).' -rfka ''
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" min-speech' -l 'min-speech' -d 'Drop shorter speech.' -rfka ''
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" min-silence' -l 'min-silence' -d 'Shorter pauses are part of the speech.' -rfka ''
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" padding' -l 'padding' -d 'Keep this much in front of and behind speech.' -rfka ''
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" max-speech' -l 'max-speech' -d 'Cut longer speech, at its longest pause (default: never).' -rfka ''
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" min-pause' -l 'min-pause' -d 'Cut at pauses from this length on.' -rfka ''
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" cut-at-last-pause' -l 'cut-at-last-pause' -d 'Cut at the last pause rather than at the longest.'
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" format' -l 'format' -d 'How segments and split list what they find (default: tsv).' -rfka 'tsv json jsonl'
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" events' -l 'events' -d 'With segments: event lines, the beginning of speech as soon as it is heard (vt-events(5)).'
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" samples' -l 'samples' -d 'Give positions in samples of 1/16000 s rather than in seconds.'
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" pre-roll' -l 'pre-roll' -d 'With gate: pass on this much of what came before the speech (default: 30s).' -rfka ''
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" raw' -l 'raw' -d 'The input has no header: --rate, --channels and --sample-format describe it.'
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" rate' -l 'rate' -d 'Sample rate of --raw input (default: 16000; of telephony\'s codings their own).' -rfka ''
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" sample-format' -l 'sample-format' -d 'Samples of --raw input: u8, s16le (default), s24le, s32le, f32le, f64le, s8, s16be, ulaw, alaw, gsm, vox, g722, g729, amr, awb.' -rfka ''
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" channels' -l 'channels' -d 'Channels of --raw input (default: 1).' -rfka ''
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" track' -l 'track' -d 'The sound track of files that have several: its number, from 1, its language, or (vt-transcribe) all (default: the one marked as default).' -rfka ''
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" strict' -l 'strict' -d 'Fail where audio ends before its header says so.'
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" q quiet' -l 'quiet' -s 'q' -d 'Say nothing on standard error but why it failed.'
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" version' -l 'version' -d 'Show the version.'
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_positional "vt-vad" -eq 2' -fa 'help' -d 'Show subcommand help information.'
complete -c 'vt-vad' -n '__vt-vad_should_offer_completions_for_flags_or_options "vt-vad help" version' -l 'version' -d 'Show the version.'
