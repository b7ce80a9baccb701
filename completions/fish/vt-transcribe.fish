function __vt-transcribe_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __vt-transcribe_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __vt-transcribe_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __vt-transcribe_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __vt-transcribe_parse_tokens -S
    set -l unparsed_tokens (__vt-transcribe_tokens -pc)
    switch $unparsed_tokens[1]
    case 'vt-transcribe'
        __vt-transcribe_parse_subcommand -r 1 'engine=' 'list-engines' 'check-engine=' 'language=+' 'model=' 'prompt=' 'keyword=+' 'temperature=' 'timestamps=' 'speakers' 'option=+' 'timeout=' 'base-url=' 'header=+' 'key-over-http' 'upload-format=' 'format=' 'events' 'o/output=' 'line-length=' 'lines=' 'r/recursive' 'files-from=' '0/null' 'output-dir=' 'strip-extension' 'j/jobs=' 'part-length=' 'resume' 'overwrite' 'dry-run' 'report=' 'shard=' 'max-audio=' 'requests-per-minute=' 'audio-per-hour=' 'usage=' 'progress=' 'raw' 'rate=' 'sample-format=' 'channels=+' 'speaker-name=+' 'track=' 'strict' 'detector=' 'no-gate' 'no-keep' 'pending' 'list-pending' 'discard=+' 'pending-id=' 'timings' 'config=' 'profile=' 'show-config' 'q/quiet' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __vt-transcribe_parse_subcommand -r 1 'version'
        end
    end
end

function __vt-transcribe_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __vt-transcribe_parse_subcommand -S -a positional_count
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

function __vt-transcribe_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __vt-transcribe_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__vt-transcribe_tokens -p)
    if test -z "$(__vt-transcribe_tokens -t)"
        set -l index (count (__vt-transcribe_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'vt-transcribe' -f
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" engine' -l 'engine' -d 'The recogniser, by name or path (default: the best that is installed); after a comma, who goes on where it fails.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" list-engines' -l 'list-engines' -d 'List the engines: what each is, whether it is ready, its models, its key, and which is the default.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" check-engine' -l 'check-engine' -d 'Try whether an engine keeps to the protocol, and say what it does wrong.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe"' -l 'language' -d 'The language that is spoken, for example en or pt-BR; several with commas, or repeated.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" model' -l 'model' -d 'The engine\'s model.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" prompt' -l 'prompt' -d 'Words or a text that the engine should expect.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe"' -l 'keyword' -d 'A word or name that the engine should expect; can be repeated.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" temperature' -l 'temperature' -d 'How freely the engine may guess: 0 is not at all.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" timestamps' -l 'timestamps' -d 'Demand times, of each segment or each word.' -rfka 'segment word'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" diarize speakers' -l 'speakers' -l 'diarize' -d 'Demand who said what.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe"' -l 'option' -d 'An option of the engine\'s own; can be repeated.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" timeout' -l 'timeout' -d 'How long the engine may take after the end of the audio (default: ten times its length, at least 60s).' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" base-url' -l 'base-url' -d 'Where the engine is; without --engine, a server that speaks OpenAI\'s API. Its key is VT_API_KEY.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe"' -l 'header' -d 'A header for requests to the engine, or @FILE with one a line; a secret. Can be repeated.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" key-over-http' -l 'key-over-http' -d 'Send the engine\'s key over plain http, too, if its address is a private one.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" upload-format' -l 'upload-format' -d 'What audio is packed as for the network: opus, flac, mp3 or wav (default: what the engine likes best).' -rfka 'opus flac mp3 wav'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" format' -l 'format' -d 'txt, srt, vtt, tsv, json or jsonl (default: txt); several with commas, for --output-dir.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" events' -l 'events' -d 'Write every event, partial results too, as vt-events(5) describes.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" o output' -l 'output' -s 'o' -d 'Write to a file instead of standard output.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" line-length' -l 'line-length' -d 'Columns of a line of srt and vtt (default: 42); wide characters take two.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" lines' -l 'lines' -d 'Lines of a subtitle of srt and vtt (default: 2).' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" r recursive' -l 'recursive' -s 'r' -d 'Transcribe the audio in folders, and in the folders in them.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" files-from' -l 'files-from' -d 'Read names of files and folders, a line each; - is standard input.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" 0 null' -l 'null' -s '0' -d 'Names of --files-from end with NUL, not with a line feed.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" output-dir' -l 'output-dir' -d 'Write each transcript to a file of its own in this folder, in as many formats as --format names.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" strip-extension' -l 'strip-extension' -d 'Call a transcript NAME.srt, not NAME.mp4.srt.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" j jobs' -l 'jobs' -s 'j' -d 'Work on so many at once (default: 1; 4 where a service on the network recognises).' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" part-length' -l 'part-length' -d 'Cut longer recordings at pauses into parts of no more (default: 5m with several --jobs, else what the engine takes).' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" resume' -l 'resume' -d 'Leave out what is complete in --output-dir for this engine and these options.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" overwrite' -l 'overwrite' -d 'Replace outputs that vt-transcribe has not made, or that were changed since.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" dry-run' -l 'dry-run' -d 'Say what would be done; do nothing.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" report' -l 'report' -d 'Write what became of each input, a line of JSON each, to a file.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" shard' -l 'shard' -d 'Work on the inputs of one of several processes: its number, and how many there are.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" max-audio' -l 'max-audio' -d 'Send no more audio than this, in all; what is left is for another run.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" requests-per-minute' -l 'requests-per-minute' -d 'Begin no more requests in any minute.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" audio-per-hour' -l 'audio-per-hour' -d 'Send no more audio in any hour.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" usage' -l 'usage' -d 'Add what each question to an engine cost to a ledger.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" progress' -l 'progress' -d 'How to say how far it is: auto, bar, jobs, lines, json or none (default: auto, a bar on a terminal).' -rfka 'auto bar jobs lines json none'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" raw' -l 'raw' -d 'The input has no header: --rate, --channels and --sample-format describe it.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" rate' -l 'rate' -d 'Sample rate of --raw input (default: 16000; of telephony\'s codings their own).' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" sample-format' -l 'sample-format' -d 'Samples of --raw input: u8, s16le (default), s24le, s32le, f32le, f64le, s8, s16be, ulaw, alaw, gsm, vox, g722, g729, amr, awb.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe"' -l 'channels' -d 'mix, each (each channel is a speaker), or the number of one (default: mix); behind --raw a first number says how many there are.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe"' -l 'speaker-name' -d 'Who speaks on a channel or track, for --channels each and --track all; in order, once for each.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" track' -l 'track' -d 'The sound track of files that have several: its number, from 1, its language, or (vt-transcribe) all (default: the one marked as default).' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" strict' -l 'strict' -d 'Fail where the audio ends before its header says so.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" detector' -l 'detector' -d 'What finds speech: silero or energy (default: silero where its weights are installed).' -rfka 'silero energy'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" no-gate' -l 'no-gate' -d 'Send everything, silence too, and ask the engine whether there is speech.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" no-keep' -l 'no-keep' -d 'Leave nothing behind: audio from a pipe goes to a nameless temporary file.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" pending' -l 'pending' -d 'Transcribe recordings that were kept: all that nobody works on, or those named.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" list-pending' -l 'list-pending' -d 'List the recordings that were kept.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe"' -l 'discard' -d 'Delete a recording that was kept; can be repeated.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" pending-id' -l 'pending-id' -d 'Name the recording from a pipe, for --pending and --discard.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" timings' -l 'timings' -d 'Say on standard error what each request to the network cost, a line of JSON for each.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" config' -l 'config' -d 'Read this configuration instead of ~/.config/vt/config.toml (vt.toml(5)); /dev/null is none.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" profile' -l 'profile' -d 'Use a profile of the configuration.' -rfka ''
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" show-config' -l 'show-config' -d 'Show what is in force and where it comes from; do nothing else.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" q quiet' -l 'quiet' -s 'q' -d 'Say nothing on standard error but why it failed.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" version' -l 'version' -d 'Show the version.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_positional "vt-transcribe" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'vt-transcribe' -n '__vt-transcribe_should_offer_completions_for_flags_or_options "vt-transcribe help" version' -l 'version' -d 'Show the version.'
