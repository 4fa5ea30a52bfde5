// Package seal hands small texts to somebody else to keep, who can neither read nor
// change them: a browser, or an address that is written down. Processes that share a
// secret open each other's, and need no store.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"
)

// Sealer seals and opens under one secret, by AES-256-GCM. It is safe for concurrent use.
type Sealer struct{ aead cipher.AEAD }

// New returns the Sealer of a secret, which has the randomness of 128 bits or more.
func New(secret string) (*Sealer, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "ucbridge seal", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &Sealer{aead}, err
}

// Seal returns the text sealed, in letters that may stand in a URL and in a cookie. It
// can be opened for the same purpose alone, and until expires.
func (s *Sealer) Seal(purpose string, plain []byte, expires time.Time) string {
	stamped := append(binary.BigEndian.AppendUint64(nil, uint64(expires.Unix())), plain...)
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, stamped, []byte(purpose)))
}

// errUnsealed says that a text was not sealed under this secret, was sealed for another
// purpose, or is too old.
var errUnsealed = errors.New("not sealed here, or too old")

// Open returns what was sealed, and until when it can be opened. Whatever is wrong, the
// error is the same.
func (s *Sealer) Open(purpose, sealed string) (plain []byte, expires time.Time, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return nil, time.Time{}, errUnsealed
	}
	stamped, err := s.aead.Open(nil, nil, raw, []byte(purpose))
	if err != nil || len(stamped) < 8 {
		return nil, time.Time{}, errUnsealed
	}
	expires = time.Unix(int64(binary.BigEndian.Uint64(stamped)), 0)
	if !time.Now().Before(expires) {
		return nil, time.Time{}, errUnsealed
	}
	return stamped[8:], expires, nil
}
