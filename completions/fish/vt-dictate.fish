complete -c vt-dictate -f
complete -c vt-dictate -n __fish_use_subcommand -a start -d 'record until stop'
complete -c vt-dictate -n __fish_use_subcommand -a stop -d 'end the recording and type its text'
complete -c vt-dictate -n __fish_use_subcommand -a cancel -d 'type nothing more, delete the recording'
complete -c vt-dictate -n __fish_use_subcommand -a status -d 'print what goes on'
complete -c vt-dictate -n '__fish_seen_subcommand_from start' -l profile -x -d 'use a profile of the configuration'
complete -c vt-dictate -n '__fish_seen_subcommand_from stop' -l no-wait -d 'do not wait for the text'
complete -c vt-dictate -l version -d 'show the version'
complete -c vt-dictate -s h -l help -d 'show help information'
