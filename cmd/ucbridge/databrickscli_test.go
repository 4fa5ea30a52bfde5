package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// databricksCLI stands for the Databricks CLI. It is found by
// DATABRICKS_CLI_PATH, and as the whole test binary long enough for the SDK. A
// login is a file in the home directory; the token it stands for is ada's.
func databricksCLI() {
	command := strings.Join(os.Args[1:], " ")
	login := filepath.Join(os.Getenv("HOME"), "login")
	hangs := strings.HasPrefix(command, "auth token ") || strings.HasPrefix(command, "account ") // of the Azure CLI
	switch {
	case command == "version":
		fmt.Println("Databricks CLI v1.2.3")
	case strings.HasPrefix(command, "auth login "):
		fmt.Println("ran:", command)
		if os.Getenv("LOGIN_FAILS") != "" {
			fmt.Fprintln(os.Stderr, "Error: the user said no")
			os.Exit(1)
		}
		if err := os.WriteFile(login, nil, 0o600); err != nil {
			panic(err)
		}
		if len(os.Args) == 7 {
			writeProfile(os.Args[6], os.Args[4])
		}
	case hangs && os.Getenv("CLI_HANGS") != "":
		// As the real one does for ten minutes where the host cannot be reached.
		if n, err := io.Copy(io.Discard, os.Stdin); n > 0 || err != nil {
			panic("there is something to read")
		}
		if err := os.WriteFile(os.Getenv("CLI_HANGS"), []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
			panic(err)
		}
		r, _, err := os.Pipe()
		if err == nil {
			_, err = io.ReadAll(r) // which does not end: the other side stays open
		}
		panic(err)
	case strings.HasPrefix(command, "auth token "):
		if _, err := os.Stat(login); err != nil {
			fmt.Fprintln(os.Stderr, "Error: no login")
			os.Exit(1)
		}
		fmt.Printf(`{"access_token":%q,"token_type":"Bearer","expiry":"2999-01-01T00:00:00Z"}`, demoToken)
	default:
		panic("not faked: databricks " + command)
	}
}

// writeProfile adds a profile to the configuration file where it is not there.
func writeProfile(name, host string) {
	file, err := os.OpenFile(os.Getenv("DATABRICKS_CONFIG_FILE"), os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	section := "[" + name + "]\n"
	if text, err := io.ReadAll(file); err != nil || strings.Contains(string(text), section) {
		return
	}
	fmt.Fprintf(file, "\n%shost = %s\nauth_type = databricks-cli\n", section, host)
}
