# Completion of isdeploy-tui for fish. For one session: isdeploy-tui completion fish | source
# For good: isdeploy-tui completion fish > ~/.config/fish/completions/isdeploy-tui.fish

function __isdeploy_tui_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    for line in ($program __complete fish $words "$current" 2>/dev/null)
        if test "$line" = :files
            set -l option (string match -r -- '^--[^=]*=' "$current")
            for name in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' "$current"))
                echo -- "$option$name"
            end
        else
            echo -- $line
        end
    end
end

complete -c isdeploy-tui -f -a '(__isdeploy_tui_complete)'
