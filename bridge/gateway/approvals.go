package gateway

import (
	"bytes"
	"cmp"
	"compress/flate"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"ucbridge/bridge/govern"
	"ucbridge/bridge/seal"
)

// Approvals have people approve calls on the page that their AI client cannot ask them
// about. A call that waits is in the address that its user is given, sealed, so that any
// replica can show it. An approval is kept by the replica that took it, and handed over
// once, to whichever replica meets the call and asks. It is safe for concurrent use.
type Approvals struct {
	seal *seal.Sealer
	// peers are the addresses of the other replicas, HOST:PORT; a name stands for all
	// of its addresses.
	peers  []string
	client *http.Client

	mu       sync.Mutex
	waiting  map[string][]WaitingCall // by user, the oldest first
	approved map[string]time.Time     // by digest, until when
}

// WaitingCall is a call that waits for its user's approval.
type WaitingCall struct {
	User   string    `json:"u"`
	Digest []byte    `json:"d"`
	Server string    `json:"s"`
	Tool   string    `json:"t"`
	Params []byte    `json:"p"`
	Until  time.Time `json:"-"`
	// Sealed is the call as the address of its page holds it.
	Sealed string `json:"-"`
}

const (
	// approvalTime is how long a call waits, and how long an approval is good.
	approvalTime = 10 * time.Minute
	// maxWaiting is how many calls of a user are shown, maxWaitingUsers of how many users.
	maxWaiting, maxWaitingUsers = 20, 1000
	// peerTimeout is how long the other replicas may take to say what was approved there.
	peerTimeout = 2 * time.Second

	approvePath = "/approve"
	takePath    = "/approve/take"
	// What is sealed.
	sealedCall, sealedTake = "call that waits", "approval asked for"
)

// NewApprovals returns approvals that the replicas at peers take part in, if they have
// the same key.
func NewApprovals(s *seal.Sealer, peers []string) *Approvals {
	return &Approvals{
		seal: s, peers: peers, client: &http.Client{Timeout: peerTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute}},
		waiting: make(map[string][]WaitingCall), approved: make(map[string]time.Time),
	}
}

// approver is what the policy asks about the calls of one user.
type approver struct {
	*Approvals
	user, address string // of the gateway
}

// Await implements [govern.Approver].
func (a approver) Await(w govern.Waiting) string {
	return a.address + ApproveAddress(a.Wait(WaitingCall{User: a.user, Digest: w.Digest, Server: w.Server, Tool: w.Tool, Params: w.Params}))
}

// Wait notes that a call waits for its user, and returns it sealed.
func (a *Approvals) Wait(c WaitingCall) string {
	c.Until = time.Now().Add(approvalTime)
	c.Sealed = a.seal.Seal(sealedCall, packed(c), c.Until)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, known := a.waiting[c.User]; !known && len(a.waiting) >= maxWaitingUsers {
		for user := range a.waiting {
			delete(a.waiting, user)
			break
		}
	}
	calls := slices.DeleteFunc(a.waiting[c.User], func(old WaitingCall) bool { return bytes.Equal(old.Digest, c.Digest) })
	if len(calls) >= maxWaiting {
		calls = slices.Delete(calls, 0, 1)
	}
	a.waiting[c.User] = append(calls, c)
	return c.Sealed
}

// Approved implements [govern.Approver].
func (a approver) Approved(ctx context.Context, digest []byte) bool {
	return a.take(digest) || a.takeFromPeers(ctx, digest)
}

// take takes an approval that this replica keeps.
func (a *Approvals) take(digest []byte) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	for of, until := range a.approved {
		if now.After(until) {
			delete(a.approved, of)
		}
	}
	_, ok := a.approved[string(digest)]
	delete(a.approved, string(digest))
	return ok
}

// takeFromPeers takes an approval that another replica keeps. The first that has it hands
// it over; no other can have it too, but where the user approved twice.
func (a *Approvals) takeFromPeers(ctx context.Context, digest []byte) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), peerTimeout)
	defer cancel()
	for handedOver := range a.askPeers(ctx, digest) {
		if handedOver {
			return true
		}
	}
	return false
}

// takeBack takes an approval from every replica that keeps it and answers in time.
func (a *Approvals) takeBack(ctx context.Context, digest []byte) {
	a.take(digest)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), peerTimeout)
	defer cancel()
	for range a.askPeers(ctx, digest) { // all of them
	}
}

// askPeers asks all other replicas at once for an approval. The channel has an answer of
// each, and then ends.
func (a *Approvals) askPeers(ctx context.Context, digest []byte) <-chan bool {
	var peers []string
	if len(a.peers) > 0 {
		peers = a.addresses(ctx)
	}
	answers := make(chan bool, len(peers))
	asked := a.seal.Seal(sealedTake, digest, time.Now().Add(peerTimeout+time.Minute))
	var all sync.WaitGroup
	for _, peer := range peers {
		all.Go(func() { answers <- a.ask(ctx, peer, asked) })
	}
	go func() { all.Wait(); close(answers) }()
	return answers
}

func (a *Approvals) ask(ctx context.Context, peer, asked string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+peer+takePath, bytes.NewReader([]byte(asked)))
	if err != nil {
		return false
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return false // a replica that is gone has kept nothing
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// addresses are those of the peers now.
func (a *Approvals) addresses(ctx context.Context) []string {
	var all []string
	for _, peer := range a.peers {
		host, port, err := net.SplitHostPort(peer)
		if err != nil {
			continue
		}
		found, err := net.DefaultResolver.LookupHost(ctx, host)
		if err != nil {
			continue
		}
		for _, address := range found {
			all = append(all, net.JoinHostPort(address, port))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// serveTake hands an approval over to another replica.
func (a *Approvals) serveTake(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 4<<10))
	if err != nil {
		http.Error(w, "the request did not arrive whole", http.StatusBadRequest)
		return
	}
	digest, _, err := a.seal.Open(sealedTake, string(raw))
	switch {
	case err != nil:
		http.Error(w, "not asked by a replica with the same key", http.StatusForbidden)
	case !a.take(digest):
		http.Error(w, "not approved here", http.StatusNotFound)
	default:
		_, _ = io.WriteString(w, "approved\n")
	}
}

// Waiting returns the calls of a user that wait, as far as this replica met them, the
// latest first.
func (a *Approvals) Waiting(user string) []WaitingCall {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	calls := slices.DeleteFunc(slices.Clone(a.waiting[user]), func(c WaitingCall) bool { return now.After(c.Until) })
	slices.SortFunc(calls, func(x, y WaitingCall) int { return cmp.Compare(y.Until.UnixNano(), x.Until.UnixNano()) })
	return calls
}

// Open returns the call that an address holds.
func (a *Approvals) Open(sealed string) (WaitingCall, error) {
	raw, until, err := a.seal.Open(sealedCall, sealed)
	if err != nil {
		return WaitingCall{}, err
	}
	c := WaitingCall{Until: until, Sealed: sealed}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(raw)), 1<<20))
	if err == nil {
		err = json.Unmarshal(plain, &c)
	}
	if err != nil {
		return WaitingCall{}, fmt.Errorf("reading a call that waits: %w", err)
	}
	return c, nil
}

// Settle approves a call of its user's, or declines it. It no longer waits. Declining
// takes back an approval that was given before and that no call has used yet, from the
// other replicas too.
func (a *Approvals) Settle(ctx context.Context, c WaitingCall, approved bool) {
	if !approved {
		a.takeBack(ctx, c.Digest)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting[c.User] = slices.DeleteFunc(a.waiting[c.User], func(old WaitingCall) bool { return bytes.Equal(old.Digest, c.Digest) })
	if len(a.waiting[c.User]) == 0 {
		delete(a.waiting, c.User)
	}
	if approved {
		a.approved[string(c.Digest)] = time.Now().Add(approvalTime)
	}
}

// ApproveAddress is the path and query of the page for a call that waits.
func ApproveAddress(sealed string) string { return approvePath + "?call=" + url.QueryEscape(sealed) }

// packed is a call as it is sealed: short, as people and models copy addresses.
func packed(c WaitingCall) []byte {
	raw, err := json.Marshal(c)
	if err != nil {
		panic(err) // texts and bytes
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic(err) // the level is right
	}
	_, _ = w.Write(raw) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}
