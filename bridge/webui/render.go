package webui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"html/template"
	"net/http"
	"strconv"
	"time"
)

//go:embed templates
var files embed.FS

var (
	style = mustRead("templates/page.css")
	icon  = mustRead("templates/icon.svg")
	// stylePath changes with the style, so that it can be kept for good.
	stylePath = "/page-" + fingerprint(style) + ".css"

	templates = template.Must(template.New("").
			Funcs(template.FuncMap{"stylePath": func() string { return stylePath }, "unquoted": unquoted}).
			ParseFS(files, "templates/*.html"))
)

func mustRead(name string) []byte {
	text, err := files.ReadFile(name)
	if err != nil { // it is part of the program
		panic(err)
	}
	return text
}

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

// view is what the templates show. Each uses what it needs.
type view struct {
	Title     string
	User      string
	Workspace string
	Problem   *Problem
	Why       string // the last attempt to get in failed

	// home
	Servers []Entry
	Setups  []Setup
	Recent  []Recent
	Shared  bool // nobody's calls are told apart

	// a server, and one of its tools
	Server Entry
	Tools  []tool
	Tool   *tool
	Form   *Form
	Answer *Answer
}

// render writes a page. It is made before its first byte is sent, so that a fault
// in a template is no half page.
func (p *Page) render(w http.ResponseWriter, status int, name string, v view) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name+".html", v); err != nil {
		p.opts.Log.Error("making a page", "page", name, "error", err)
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	wire := http.NewResponseController(w)
	_ = wire.SetWriteDeadline(time.Now().Add(wireTimeout)) // every connection of net/http has deadlines
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the browser is gone, and needs no page
}

// form reads the form that a request brings, of at most limit bytes.
func form(w http.ResponseWriter, r *http.Request, limit int64) error {
	wire := http.NewResponseController(w)
	_ = wire.SetReadDeadline(time.Now().Add(wireTimeout))
	defer func() { _ = wire.SetReadDeadline(time.Time{}) }()
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	return r.ParseForm()
}

// render writes a page for the visitor.
func (q *request) render(status int, name string, page view) {
	page.User, page.Workspace = q.caller.Name, q.page.opts.Workspace()
	q.page.render(q.w, status, name, page)
}

// unquoted is a JSON value as people read it: a string without its quotes.
func unquoted(value string) string {
	var text string
	if json.Unmarshal([]byte(value), &text) == nil {
		return text
	}
	return value
}
