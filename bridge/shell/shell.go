// Package shell spells commands so that a person can paste them: for PowerShell
// on Windows, for a POSIX shell elsewhere. The system is one of [runtime.GOOS].
package shell

import "strings"

// Command joins the words, quoted where they have to be.
func Command(system string, words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = Word(system, word)
	}
	command := strings.Join(quoted, " ")
	if system == "windows" && quoted[0] != words[0] {
		command = "& " + command // a string alone is printed, not run
	}
	return command
}

// WithVariable is a command, as Command returns it, with an environment variable that is
// set to value for it.
func WithVariable(system, variable, value, command string) string {
	if system == "windows" {
		return set(variable, value) + "; " + command
	}
	return variable + "=" + Word(system, value) + " " + command
}

// Export sets an environment variable for all later commands of the same shell.
func Export(system, variable, value string) string {
	if system != "windows" {
		return "export " + variable + "=" + Word(system, value)
	}
	return set(variable, value)
}

func set(variable, value string) string {
	return "$env:" + variable + " = '" + strings.ReplaceAll(value, "'", "''") + "'"
}

// Word quotes a word that the shell would take apart.
func Word(system, word string) string {
	special := " \t\n'\"$&;|<>()`*?#~!{}[]@,"
	if system != "windows" {
		special += `\`
	}
	if word != "" && !strings.ContainsAny(word, special) {
		return word
	}
	inside := `'\''`
	if system == "windows" {
		inside = "''"
	}
	return "'" + strings.ReplaceAll(word, "'", inside) + "'"
}
