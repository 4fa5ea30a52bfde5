package govern

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// In revision 2026-07-28 a server cannot ask the client anything; it answers a call
// with input_required, and the client makes the call anew with what was asked for
// and the requestState it was given (SEP-2322). The bridge asks in the same way.
// Its requestState is signed, so that nobody but the bridge can say that a call was
// confirmed, and bound to user and call, so that it confirms no other. The key is each
// process's own: of several replicas of a gateway, one that did not ask asks again.

// state is what a requestState of the bridge's says.
type state struct {
	// Call is the digest of the call.
	Call []byte `json:"call"`
	// Agreed is set once the user has agreed. Then Inner is the server's own
	// requestState, to which the call goes on; nil where it gave none.
	Agreed bool    `json:"agreed,omitempty"`
	Inner  *string `json:"inner,omitempty"`
	Until  int64   `json:"until"` // Unix seconds
	Nonce  string  `json:"nonce"`
}

// confirmTimeout is how long a question, or a call that goes on, stays valid.
const confirmTimeout = 15 * time.Minute

// statePrefix tells the bridge's requestState from a server's.
const statePrefix = "ucbridge.1."

// stateSigner signs states and takes each of them once.
type stateSigner struct {
	key [32]byte

	mu   sync.Mutex
	used map[string]int64 // nonces, until when they would be valid
}

func newStateSigner() *stateSigner {
	s := &stateSigner{used: make(map[string]int64)}
	rand.Read(s.key[:])
	return s
}

func (s *stateSigner) mac(payload []byte) []byte {
	h := hmac.New(sha256.New, s.key[:])
	h.Write(payload)
	return h.Sum(nil)
}

// sign returns a state as a requestState.
func (s *stateSigner) sign(st state) string {
	st.Until, st.Nonce = time.Now().Add(confirmTimeout).Unix(), rand.Text()
	payload, err := json.Marshal(st)
	if err != nil { // plain values alone are in it
		panic(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return statePrefix + encode(s.mac(payload)) + "." + encode(payload)
}

var errState = errors.New("not a valid requestState of the bridge")

// verify reads a requestState that sign made, the first time that it is shown.
func (s *stateSigner) verify(text string) (state, error) {
	text, ours := strings.CutPrefix(text, statePrefix)
	first, second, parted := strings.Cut(text, ".")
	sum, errSum := base64.RawURLEncoding.DecodeString(first)
	payload, errPayload := base64.RawURLEncoding.DecodeString(second)
	if !ours || !parted || errSum != nil || errPayload != nil || !hmac.Equal(sum, s.mac(payload)) {
		return state{}, errState
	}
	var st state
	if err := json.Unmarshal(payload, &st); err != nil {
		return state{}, errState
	}
	now := time.Now().Unix()
	s.mu.Lock()
	defer s.mu.Unlock()
	for nonce, until := range s.used {
		if until < now {
			delete(s.used, nonce)
		}
	}
	if _, again := s.used[st.Nonce]; again || st.Until < now {
		return state{}, errState
	}
	s.used[st.Nonce] = st.Until
	return st, nil
}

// digest stands for a user's call of a server: all that the server is sent, however it is
// spelled, but numbers as they are spelled, since a server may read more digits than others
// do. What belongs to each sending is left out, and what without names: members of params
// that the client adds to a call that comes anew.
func digest(user, server string, call jsonrpc.Message, without ...string) ([]byte, error) {
	params := call.Params
	for _, name := range without {
		params = jsonrpc.Remove(params, name)
	}
	for _, m := range jsonrpc.Members(jsonrpc.Value(params, "_meta")) {
		if mcp.IsOfSending(m.Name) {
			params = jsonrpc.Remove(params, "_meta", m.Name)
		}
	}
	if oneLine(jsonrpc.Value(params, "_meta")) == "{}" {
		params = jsonrpc.Remove(params, "_meta")
	}
	canonical := jsontext.Value(bytes.Clone(params))
	if err := canonical.Canonicalize(jsontext.CanonicalizeRawInts(false), jsontext.CanonicalizeRawFloats(false)); err != nil {
		return nil, err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %q ", user, server)
	h.Write(canonical)
	return h.Sum(nil), nil
}
