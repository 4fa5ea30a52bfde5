package network

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestCAFile reads the forms in which systems and their editors write certificates.
func TestCAFile(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	lines := strings.ReplaceAll(text, "\n", "\r\n")
	little, big := []byte("\xff\xfe"), []byte("\xfe\xff")
	for _, unit := range utf16.Encode([]rune(lines)) {
		little, big = append(little, byte(unit), byte(unit>>8)), append(big, byte(unit>>8), byte(unit))
	}
	for name, content := range map[string]string{
		"PEM": text, "CRLF": lines, "byte order mark": "\ufeff" + lines, "UTF-16": string(little), "UTF-16, big endian": string(big), "DER": string(server.Certificate().Raw),
	} {
		file := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		transport, err := newTransport(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		resp, err := (&http.Client{Transport: transport}).Get(server.URL)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		resp.Body.Close()
		transport.CloseIdleConnections()
	}
	for name, content := range map[string]string{"nothing": "", "half a mark": "\xff", "a mark alone": "\xff\xfe", "no text": "\xff\xfe\x00"} {
		file := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := newTransport(file); err == nil {
			t.Errorf("%s is taken for certificates", name)
		}
	}
}
