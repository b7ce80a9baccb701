# shellcheck shell=sh
# The models of whisper.cpp: the operation models-v1 (vt-plugin(7)) of vt-transcribe-whisper-cpp, which reads this file.

# A line NAME TAB FILE for each model that is found; the first of a name counts.
list_models() {
    for program in whisper-cli whisper-cpp ''; do
        ! program=$(command -v "${program:-true}") || break
    done
    model_folders none | while IFS= read -r folder; do
        for file in "$folder"/ggml-*.bin; do
            name=${file##*/ggml-}
            case $file in
            *silero* | *'	'*) continue ;;
            esac
            [ ! -f "$file" ] || printf '%s\t%s\n' "${name%.bin}" "$file"
        done
    done | awk -F '\t' '!seen[$1]++'
}

# tell_model NAME FILE
tell_model() {
    case $1 in
    *.en | *.en-*) languages=' languages=en' ;;
    *) languages= ;;
    esac
    default=
    [ "$1" != base.en ] || default=' default=yes'
    printf 'model name=%s state=installed size=%s%s family=whisper streams=no licence=MIT%s path=%s\tWhisper for whisper.cpp\n' \
        "$(json "$1")" "$(wc -c <"$2")" "$languages" "$default" "$(json "$2")"
}

# models WORD [NAME...]
models() {
    word=${1:-}
    [ $# -eq 0 ] || shift
    tab=$(printf '\t')
    found=$(list_models)
    case $word in
    list)
        [ $# -eq 0 ] || fail 64 'list takes no name'
        printf '%s\n' "$found" | while IFS=$tab read -r name file; do [ -z "$name" ] || tell_model "$name" "$file"; done
        if ! command -v whisper-cli >/dev/null 2>&1 && ! command -v whisper-cpp >/dev/null 2>&1; then
            printf 'warning hint="build it from github.com/ggml-org/whisper.cpp"\twhisper.cpp is not in PATH\n'
        fi
        ;;
    install) fail 69 'whisper.cpp is not in the package index, and its models are fetched by a script of its own' "$(how_to_get "${1:-base.en}")" ;;
    remove | verify)
        [ "$word" = verify ] || [ $# -gt 0 ] || fail 64 'remove takes the names of models'
        if [ $# -eq 0 ]; then
            set -f
            IFS='
'
            # shellcheck disable=SC2046
            set -- $(printf '%s\n' "$found" | cut -f 1)
            unset IFS
        fi
        worst=0
        for name; do
            file=$(printf '%s\n' "$found" | name=$name awk -F '\t' '$1 == ENVIRON["name"] { print $2 }')
            if [ -z "$file" ]; then
                printf 'error name=%s\t%s is not installed\n' "$(json "$name")" "$name" && worst=66
            elif [ "$word" = remove ]; then
                if rm -- "$file" 2>/dev/null; then
                    printf 'status\tremoved %s\n' "$file"
                else
                    printf 'error name=%s\t%s cannot be removed\n' "$(json "$name")" "$file" && worst=73
                fi
            # Its first bytes are all that can be told of it: ggml, as a number.
            elif [ "$(head -c 4 "$file")" = lmgg ]; then
                tell_model "$name" "$file"
            else
                printf 'error name=%s\t%s is not a model of whisper.cpp\n' "$(json "$name")" "$file" && worst=78
            fi
        done
        exit $worst
        ;;
    *) fail 64 'models-v1 is followed by list, verify or remove NAME...' ;;
    esac
}
