function __vt-encode_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __vt-encode_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __vt-encode_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __vt-encode_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __vt-encode_parse_tokens -S
    set -l unparsed_tokens (__vt-encode_tokens -pc)
    switch $unparsed_tokens[1]
    case 'vt-encode'
        __vt-encode_parse_subcommand 1 'f/format=' 'o/output=' 'bitrate=' 'complexity=' 'page=' 'rate=' 'channels=' 'sample-format=' 'raw' 'track=' 'title=' 'date=' 'comment=' 'strict' 'q/quiet' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __vt-encode_parse_subcommand -r 1 'version'
        end
    end
end

function __vt-encode_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __vt-encode_parse_subcommand -S -a positional_count
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

function __vt-encode_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __vt-encode_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__vt-encode_tokens -p)
    if test -z "$(__vt-encode_tokens -t)"
        set -l index (count (__vt-encode_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'vt-encode' -f
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" f format' -l 'format' -s 'f' -d 'wav, flac, opus, vorbis or mp3 (default: what the name after -o asks for).' -rfka 'wav flac opus vorbis mp3'
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" o output' -l 'output' -s 'o' -d 'Write to a file, not to standard output.' -rfka ''
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" bitrate' -l 'bitrate' -d 'Bits a second: 32k, 128000. For opus, vorbis and mp3.' -rfka ''
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" complexity' -l 'complexity' -d 'Work put into small files: opus 0 to 10 (5), flac 0 to 8 (5).' -rfka ''
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" page' -l 'page' -d 'How much audio opus holds back to make a page: 20ms to 1s (40ms; of a file 1s).' -rfka ''
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" rate' -l 'rate' -d 'Sample rate of the output; with --raw, of the input.' -rfka ''
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" channels' -l 'channels' -d 'Channels of the output; with --raw, of the input.' -rfka ''
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" sample-format' -l 'sample-format' -d 'How wav and flac store samples: u8, s16le, s24le, s32le, f32le, f64le; with --raw, how the input does: also s8, s16be, ulaw, alaw, gsm, vox, g722, g729, amr, awb.' -rfka ''
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" raw' -l 'raw' -d 'The input has no header: 16000 Hz, one channel, s16le, unless described.'
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" track' -l 'track' -d 'The sound track of files that have several: its number, from 1, its language, or (vt-transcribe) all (default: the one marked as default).' -rfka ''
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" title' -l 'title' -d 'The title; empty leaves out the input\'s.' -rfka ''
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" date' -l 'date' -d 'The date, for example 2026-11-22; empty leaves out the input\'s.' -rfka ''
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" comment' -l 'comment' -d 'A comment; empty leaves out the input\'s.' -rfka ''
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" strict' -l 'strict' -d 'Fail where the input ends before its header says so, also where it is WAV.'
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" q quiet' -l 'quiet' -s 'q' -d 'Say nothing on standard error but why it failed.'
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" version' -l 'version' -d 'Show the version.'
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_positional "vt-encode" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'vt-encode' -n '__vt-encode_should_offer_completions_for_flags_or_options "vt-encode help" version' -l 'version' -d 'Show the version.'
