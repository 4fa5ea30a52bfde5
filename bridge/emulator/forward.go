package emulator

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
)

// forward passes a call on as it is, the caller's token replaced by the
// connection's credential, and streams the answer back.
//
// Verified: credential injected, caller's dropped, MCP's session header passes.
// Assumed: that all other headers pass too, hop-by-hop ones excepted.
func (w *Workspace) forward(c *call, t target) {
	if t.err != nil {
		c.refuse(unreachable("the upstream", t.err))
		return
	}
	req := (&http.Request{
		Method:        c.r.Method,
		URL:           t.at(c.sub, c.r.URL.RawQuery),
		Header:        onward(c.r.Header),
		Body:          io.NopCloser(c.body),
		ContentLength: c.r.ContentLength,
	}).WithContext(c.r.Context())
	if c.r.ContentLength == 0 {
		req.Body = http.NoBody
	}
	t.sign(req.Header)
	w.audit.sentOn(c.entry, Upstream{
		Method: req.Method, Path: req.URL.RequestURI(), Header: masked(req.Header), Body: c.prefix,
	}, true)
	if c.loseSession {
		w.endSession(t, req)
	}
	if err := w.send(t, req, c.w); err != nil {
		c.sendingFailed(t, err)
	}
}

// sendingFailed answers a call whose request could not be passed on.
func (c *call) sendingFailed(t target, err error) {
	if c.r.Context().Err() != nil || c.w.status != 0 {
		c.w.sever(false) // nobody listens, or part of an answer is out already
		return
	}
	c.refuse(unreachable(t.url.Scheme+"://"+t.url.Host, err))
}

// sign adds the connection's credential.
func (t target) sign(h http.Header) {
	if t.credential != "" {
		h["Authorization"] = []string{"Bearer " + t.credential}
	}
}

// send carries a request to the target and its answer to rw, flushing what
// streams. Where it fails, nothing has been written unless the answer broke off.
func (w *Workspace) send(t target, req *http.Request, rw http.ResponseWriter) error {
	if t.sample {
		req.Host = "localhost"
		w.sample.ServeHTTP(rw, req)
		return nil
	}
	resp, err := w.transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	h := rw.Header()
	for name, values := range resp.Header {
		if !hopByHop[name] && name != "X-Request-Id" {
			h[name] = values
		}
	}
	rw.WriteHeader(resp.StatusCode)
	return stream(rw, resp)
}

// stream copies an answer's body, flushing each piece if its length is unknown.
func stream(rw http.ResponseWriter, resp *http.Response) error {
	flusher, _ := rw.(http.Flusher)
	if resp.ContentLength >= 0 {
		flusher = nil
	} else if flusher != nil {
		flusher.Flush()
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	for {
		n, err := resp.Body.Read(*buf)
		if n > 0 {
			if _, werr := rw.Write((*buf)[:n]); werr != nil {
				return werr
			}
			if flusher != nil {
				flusher.Flush()
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

var buffers = sync.Pool{New: func() any {
	b := make([]byte, 64<<10)
	return &b
}}

// endSession deletes, at the target, the session that req names.
func (w *Workspace) endSession(t target, req *http.Request) {
	del := (&http.Request{
		Method: http.MethodDelete,
		URL:    t.at("", ""),
		Header: http.Header{},
		Body:   http.NoBody,
	}).WithContext(req.Context())
	for _, name := range []string{"Mcp-Session-Id", "Mcp-Protocol-Version"} {
		if v := req.Header.Get(name); v != "" {
			del.Header.Set(name, v)
		}
	}
	t.sign(del.Header)
	_ = w.send(t, del, &whole{}) // what comes of it shows in the answer to req
}

// hopByHop are the headers that concern one connection only (RFC 9110, 7.6.1).
var hopByHop = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Authenticate": true,
	"Proxy-Authorization": true, "Proxy-Connection": true, "Te": true,
	"Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// onward returns the headers of a request that are passed on.
func onward(in http.Header) http.Header {
	out := make(http.Header, len(in)+1)
	for name, values := range in {
		if hopByHop[name] || name == "Authorization" || name == "Cookie" || strings.HasPrefix(name, "X-Databricks-") {
			continue
		}
		out[name] = values
	}
	for _, line := range in["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			out.Del(strings.TrimSpace(name))
		}
	}
	if _, ok := out["User-Agent"]; !ok {
		out["User-Agent"] = []string{""} // keeps net/http from adding its own
	}
	return out
}
