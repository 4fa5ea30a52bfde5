package gateway

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"ucbridge/bridge/atomicfile"
	"ucbridge/bridge/regularfile"
	"ucbridge/bridge/shell"
)

// LoadSecret returns the secret that a file holds; the file is made where it is
// missing, readable for its owner alone. Without a name it is a new secret. One that
// others than the owner can read is refused; of a file that replicas share, the group may.
func LoadSecret(name string, shared bool) (string, error) {
	forbidden := fs.FileMode(0o077)
	if shared {
		forbidden = 0o007
	}
	if name == "" {
		return newSecret(), nil
	}
	raw, err := regularfile.Read(name, maxSecretFile)
	if errors.Is(err, fs.ErrNotExist) {
		secret := newSecret()
		err = atomicfile.Create(atomicfile.Anywhere, name, []byte(secret+"\n"), 0o600)
		if err == nil {
			return secret, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("making the file of a secret: %w", err)
		}
		raw, err = regularfile.Read(name, maxSecretFile) // another replica has made it meanwhile
	}
	if err != nil {
		return "", fmt.Errorf("reading the secret in %q: %w", name, err)
	}
	secret := strings.TrimSpace(string(raw))
	if len(secret) < minSecret || strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "", fmt.Errorf("reading token file: %s holds no token of at least %d printable characters; remove it to have one made", name, minSecret)
	}
	if info, err := os.Stat(name); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&forbidden != 0 {
		return "", fmt.Errorf("reading token file: others can read %s; run: chmod 600 %s", name, shell.Word(runtime.GOOS, name))
	}
	return secret, nil
}

const (
	minSecret     = 20      // characters
	maxSecretFile = 4 << 10 // bytes
)
