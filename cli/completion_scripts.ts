/**
 * The completions of each shell. They only pass on what was typed: what can
 * follow, `processman --complete` says.
 *
 * @module
 */

/** For bash 4 and later. */
const BASH = `# bash completions for processman

_processman() {
  COMPREPLY=()
  local before="\${COMP_LINE:0:COMP_POINT}" tool cur keep answer kind more word
  local -a words
  # bash would also break words at = : and @.
  IFS=$' \\t\\n' read -r -a words <<< "$before"
  [[ $before == *[[:space:]] ]] && words+=("")
  tool="\${words[0]}"
  type -P "$tool" > /dev/null || tool=processman
  cur="\${words[\${#words[@]} - 1]}"
  # What bash takes for the word at the cursor comes after this.
  keep="\${cur%"$2"}"
  answer="$("$tool" --complete "\${words[@]:1}" 2> /dev/null)" || return 0
  IFS=$'\\t' read -r kind more <<< "\${answer%%$'\\n'*}"
  case $kind in
    files)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "\${cur#"$more"}")
      ;;
    folders)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "\${cur#"$more"}")
      ;;
    program)
      if declare -F _command_offset > /dev/null; then
        while [[ \${COMP_WORDS[more]} != -- ]]; do ((more++)); done
        _command_offset "$((more + 1))"
      elif ((\${#words[@]} == more + 2)); then
        mapfile -t COMPREPLY < <(compgen -c -- "$cur")
      else
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      fi
      ;;
    words)
      while IFS=$'\\t' read -r word more; do
        [[ -n $word && $word == "$cur"* ]] || continue
        [[ $word == *= ]] && compopt -o nospace
        printf -v word %q "\${word#"$keep"}"
        COMPREPLY+=("$word")
      done <<< "\${answer#*$'\\n'}"
      ;;
  esac
}

complete -F _processman processman
`;

const ZSH = `#compdef processman
# zsh completions for processman

_processman() {
  local -a lines head plain open
  local line word
  lines=("\${(@f)$(processman --complete \\
    "\${(@Q)words[2,CURRENT - 1]}" "\${(Q)PREFIX}" 2> /dev/null)}")
  head=("\${(@ps:\\t:)lines[1]}")
  case $head[1] in
    files | folders)
      [[ -n $head[2] ]] && compset -P '*='
      if [[ $head[1] == files ]]; then _files; else _files -/; fi
      ;;
    program)
      shift $((head[2] + 1)) words
      ((CURRENT -= head[2] + 1))
      _normal
      ;;
    words)
      for line in "\${(@)lines[2,-1]}"; do
        word="\${line%%$'\\t'*}"
        line="\${line#*$'\\t'}"
        line="\${word//:/\\\\:}\${line:+:$line}"
        if [[ $word == *= ]]; then open+=("$line"); else plain+=("$line"); fi
      done
      (($#plain)) && _describe processman plain
      (($#open)) && _describe processman open -S ''
      ;;
  esac
}

if [[ $funcstack[1] == _processman ]]; then
  _processman "$@"
else
  compdef _processman processman
fi
`;

const FISH = `# fish completions for processman

function __processman_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l answer (processman --complete $words[2..] 2> /dev/null)
    set -l head (string split \\t -- $answer[1])
    switch "$head[1]"
        case files
            for path in (__fish_complete_path (string replace -- "$head[2]" "" $words[-1]))
                echo "$head[2]$path"
            end
        case folders
            for path in (__fish_complete_directories (string replace -- "$head[2]" "" $words[-1]))
                echo "$head[2]$path"
            end
        case program
            set -l from (math $head[2] + 2)
            complete -C (string join " " -- (string escape -- $words[$from..-2]) $words[-1])
        case words
            printf '%s\\n' $answer[2..]
    end
end

complete -c processman -e
complete -c processman -f -k -a '(__processman_complete)'
`;

/** The script of each shell. */
export const SCRIPTS: ReadonlyMap<string, string> = new Map([
  ["bash", BASH],
  ["zsh", ZSH],
  ["fish", FISH],
]);
