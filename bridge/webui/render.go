package webui

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

var (
	//go:embed assets/page.css
	style []byte
	//go:embed assets/icon.svg
	icon []byte
	// The paths change with what is there, so that it can be kept for good.
	stylePath = "/page-" + fingerprint(style) + ".css"
	iconPath  = "/icon-" + fingerprint(icon) + ".svg"
)

func fingerprint(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}

func serveAsset(kind string, text []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		_, _ = w.Write(text)
	}
}

// render writes a page.
func render(w http.ResponseWriter, status int, page []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(page)))
	boundWrite(w)
	w.WriteHeader(status)
	_, _ = w.Write(page) // the browser is gone, and needs no page
}

// seeOther sends a browser on to a page, by an address that may be relative:
// http.Redirect would make it absolute.
func seeOther(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	boundWrite(w)
	w.WriteHeader(http.StatusSeeOther)
}

// boundWrite bounds the time that an answer takes on its way: withVisitor leaves it
// unbounded while the answer is made.
func boundWrite(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(wireTimeout)) // every connection of net/http has deadlines
}

// errNoForm says that a body is none that a page's form sends. As a form it would be an
// empty one, and call a tool without arguments.
var errNoForm = errors.New("the body is not a form")

// form reads the form that a request brings, of at most limit bytes.
func form(w http.ResponseWriter, r *http.Request, limit int64) error {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/x-www-form-urlencoded" {
		return errNoForm
	}
	wire := http.NewResponseController(w)
	_ = wire.SetReadDeadline(time.Now().Add(wireTimeout))
	defer func() { _ = wire.SetReadDeadline(time.Time{}) }()
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	return r.ParseForm()
}

// render writes a page for the visitor.
func (q *request) render(status int, page func(view) []byte, v view) {
	v.Root = root(q.r)
	v.User, v.Workspace = q.caller.Name, q.page.opts.Workspace()
	v.SignOut = q.page.signIn != nil && q.r.Header.Get("Cookie") != ""
	render(q.w, status, page(v))
}

// root leads from the page that r asks for to the first one.
func root(r *http.Request) string {
	if depth := strings.Count(r.URL.EscapedPath(), "/") - 1; depth > 0 {
		return strings.Repeat("../", depth)
	}
	return "./"
}
