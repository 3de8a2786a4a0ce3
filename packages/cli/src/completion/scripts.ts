export const shells = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof shells)[number];

/** What makes a shell ask `nodepool __complete`. */
export function completionScript(shell: Shell): string {
  return scripts[shell];
}

/** Bash 4 or later. Nobody has expanded a tilde before the name of the program. */
const bash = `_nodepool() {
  local line directive=
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) directive=$line ;;
      *) COMPREPLY+=("$(printf %q "\${line%%$'\\t'*}")") ;;
    esac
  done < <("\${COMP_WORDS[0]/#\\~/$HOME}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case $directive in
    :file) compopt -o default ;;
    :directory) compopt -o dirnames ;;
    :open) compopt -o nospace ;;
  esac
}
complete -F _nodepool nodepool`;

/** Works from a file in \`fpath\` and from \`eval\`. */
const zsh = `#compdef nodepool
_nodepool() {
  local line directive=
  local -a lines described space
  lines=("\${(@f)$(\${(Q)words[1]/#\\~/$HOME} __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${lines[@]}"; do
    case $line in
      '') ;;
      :*) directive=$line ;;
      *$'\\t'*) described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
      *) described+=("\${line//:/\\\\:}") ;;
    esac
  done
  case $directive in
    :file) _files; return ;;
    :directory) _files -/; return ;;
    :open) space=(-S '') ;;
  esac
  _describe -t nodepool nodepool described "\${space[@]}"
}
if [[ $funcstack[1] == _nodepool ]]; then
  _nodepool "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _nodepool nodepool
fi`;

const fish = `function __nodepool_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in ($words[1] __complete -- $words[2..-1] "$current" 2>/dev/null)
    switch $line
      case ':file'
        __fish_complete_path "$current"
      case ':directory'
        __fish_complete_directories "$current"
      case ':*'
      case '*'
        echo $line
    end
  end
end
complete -c nodepool -f -a '(__nodepool_complete)'`;

const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
