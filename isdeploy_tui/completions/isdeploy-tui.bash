# Completion of isdeploy-tui for bash. For one session: source <(isdeploy-tui completion bash)
# For good: isdeploy-tui completion bash > ~/.local/share/bash-completion/completions/isdeploy-tui

_isdeploy_tui() {
    local line names='' program=${1/#\~\//$HOME/}
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
        :files) names=yes ;;
        *) COMPREPLY+=("${line%%$'\t'*}") ;;
        esac
    done < <("$program" __complete bash "${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
    # Readline's own file names, which know about blanks and tildes.
    if [ -n "$names" ]; then compopt -o default 2>/dev/null; fi
}

complete -F _isdeploy_tui isdeploy-tui
