package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"time"

	"ucbridge/bridge/sharedfile"
)

// queueTimeout is how long a process lets others go first. One of them may be
// waiting for its user, at a keychain's question.
const queueTimeout = 5 * time.Second

// queue lets the processes of one user sign in one after the other: an AI client
// starts all its servers at once, and a token endpoint or a keychain answers the
// first and turns the rest away. Each profile and host has a queue of its own: one
// whose sign-in hangs holds up no other. It returns what gives the turn up;
// without a directory, or after queueTimeout, the turn is taken without the others.
func queue(dir, profile, host string) (done func()) {
	if dir == "" {
		return func() {}
	}
	sum := sha256.Sum256([]byte(profile + "\x00" + host))
	lock := filepath.Join(dir, "login-"+hex.EncodeToString(sum[:8])+".lock")
	unlock, err := sharedfile.Lock(lock, queueTimeout)
	if err != nil {
		return func() {}
	}
	return unlock
}
