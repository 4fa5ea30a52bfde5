package govern

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/strictjson"
)

// In revision 2026-07-28 a server cannot ask the client anything; it answers a call
// with input_required, and the client makes the call anew with what was asked for
// and the requestState it was given (SEP-2322). The bridge asks in the same way.
// Its requestState is sealed, so that nobody but the bridge can say that a call was
// confirmed, and bound to user and call, so that it confirms no other. The key is each
// process's own: of several replicas of a gateway, one that did not ask asks again.

// state is what a requestState of the bridge's says.
type state struct {
	// Call is the digest of the tool's name and arguments.
	Call []byte `json:"call"`
	// Agreed is set once the user has agreed. Then Inner is the server's own
	// requestState, to which the call goes on; nil where it gave none.
	Agreed bool    `json:"agreed,omitempty"`
	Inner  *string `json:"inner,omitempty"`
	Until  int64   `json:"until"` // Unix seconds
	Nonce  string  `json:"nonce"`
}

// longestQuestion is how long a question, or a call that goes on, stays valid.
const longestQuestion = 15 * time.Minute

// prefix tells the bridge's requestState from a server's.
const prefix = "ucbridge.1."

// seal signs states and takes each of them once.
type seal struct {
	key [32]byte

	mu   sync.Mutex
	used map[string]int64 // nonces, until when they would be valid
}

func newSeal() *seal {
	s := &seal{used: make(map[string]int64)}
	rand.Read(s.key[:])
	return s
}

func (s *seal) mac(payload []byte) []byte {
	h := hmac.New(sha256.New, s.key[:])
	h.Write(payload)
	return h.Sum(nil)
}

// close returns a state as a requestState.
func (s *seal) close(st state) string {
	st.Until, st.Nonce = time.Now().Add(longestQuestion).Unix(), rand.Text()
	payload, err := json.Marshal(st)
	if err != nil { // plain values alone are in it
		panic(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return prefix + encode(s.mac(payload)) + "." + encode(payload)
}

var errSeal = errors.New("not a valid requestState of the bridge")

// open reads a requestState that close made, the first time that it is shown.
func (s *seal) open(text string) (state, error) {
	text, ours := strings.CutPrefix(text, prefix)
	first, second, parted := strings.Cut(text, ".")
	sum, errSum := base64.RawURLEncoding.DecodeString(first)
	payload, errPayload := base64.RawURLEncoding.DecodeString(second)
	if !ours || !parted || errSum != nil || errPayload != nil || !hmac.Equal(sum, s.mac(payload)) {
		return state{}, errSeal
	}
	var st state
	if err := json.Unmarshal(payload, &st); err != nil {
		return state{}, errSeal
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
		return state{}, errSeal
	}
	s.used[st.Nonce] = st.Until
	return st, nil
}

// digest stands for a user's call: tool and arguments, however they are spelled.
func digest(user string, call jsonrpc.Message) ([]byte, error) {
	h := sha256.New()
	h.Write(append([]byte(user), 0))
	for _, name := range []string{"name", "arguments", "task"} {
		value := jsontext.Value(append([]byte(nil), jsonrpc.Value(call.Params, name)...))
		if len(value) == 0 {
			value = jsontext.Value("null")
		}
		if err := value.Canonicalize(); err != nil {
			return nil, err
		}
		h.Write(append(value, 0))
	}
	return h.Sum(nil), nil
}

// confirmModern rules on a call that a rule wants confirmed: it is let through where
// it carries the user's answer, and answered with the question otherwise.
func (c *Gate) confirmModern(x *exchange, p *part, by policy.Ruling) {
	if !mayAsk(jsonrpc.Value(p.request.Params, "_meta", metaCapabilities, "elicitation")) {
		p.ruling = policy.Deny("%s, and the client cannot ask its user", by.Rule)
		return
	}
	if x.message.Batch != nil { // the revision has none
		p.ruling = policy.Deny("%s, and the user cannot be asked in the midst of a batch", by.Rule)
		return
	}
	call, err := digest(c.user, p.request)
	if err != nil {
		p.ruling = policy.Deny("%s, and its arguments can be read in two ways", by.Rule)
		return
	}
	st, err := c.seal.open(jsonrpc.Text(p.request.Params, "requestState"))
	if err != nil || !hmac.Equal(st.Call, call) {
		p.ask(by, c.form(p), c.seal.close(state{Call: call}))
		return
	}
	raw := p.request.Raw
	switch {
	case st.Agreed && st.Inner != nil:
		inner, err := jsontext.AppendQuote(nil, *st.Inner)
		if err != nil {
			p.ruling = policy.Deny("%s: the server's requestState cannot be read", by.Rule)
			return
		}
		raw = jsonrpc.Set(raw, inner, "params", "requestState")
	case st.Agreed:
		raw = jsonrpc.Remove(raw, "params", "requestState")
	case confirmed(jsonrpc.Value(p.request.Params, "inputResponses", confirmName)):
		raw = jsonrpc.Remove(jsonrpc.Remove(raw, "params", "requestState"), "params", "inputResponses")
	default:
		p.ruling = policy.Deny("%s: the user did not agree", by.Rule)
		return
	}
	m, err := jsonrpc.Parse(raw)
	if err != nil { // cannot be: a valid value for another in a valid message
		p.ruling = policy.Deny("%s: the call cannot be sent on: %v", by.Rule, err)
		return
	}
	c.replace(x, p, m)
	p.agreed = call
	p.ruling = policy.Ruling{Rule: by.Rule + ": the user agreed"}
	c.count(p)
}

// ask makes the question the answer to the call.
func (p *part) ask(by policy.Ruling, form []byte, requestState string) {
	p.ruling = policy.Deny("%s: the user is asked", by.Rule)
	result := []byte(`{"resultType":"input_required","inputRequests":{}}`)
	question := jsonrpc.Set([]byte(`{"method":"elicitation/create"}`), form, "params")
	result = jsonrpc.Set(result, question, "inputRequests", confirmName)
	sealed, err := jsontext.AppendQuote(nil, requestState)
	if err != nil { // ASCII
		panic(err)
	}
	p.question = jsonrpc.Result(p.request.ID, jsonrpc.Set(result, sealed, "requestState"))
}

// carryOn seals the requestState with which a server asks for more in the midst of
// a call that the user has agreed to, so that the user need not agree again.
func (c *Gate) carryOn(p *part, answer jsonrpc.Message) []byte {
	if p.agreed == nil || jsonrpc.Text(answer.Result, "resultType") != "input_required" {
		return answer.Raw
	}
	st := state{Call: p.agreed, Agreed: true}
	if inner, ok := strictjson.Text(jsonrpc.Value(answer.Result, "requestState")); ok {
		st.Inner = &inner
	}
	sealed, err := jsontext.AppendQuote(nil, c.seal.close(st))
	if err != nil { // ASCII
		panic(err)
	}
	return jsonrpc.Set(answer.Raw, sealed, "result", "requestState")
}
