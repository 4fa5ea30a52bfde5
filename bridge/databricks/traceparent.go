package databricks

import (
	"crypto/rand"
	"encoding/hex"
)

// traceparent is a fresh W3C trace context, sampled, as the SDK sends one with
// each request: it ties an answer to Databricks' logs.
func traceparent() string {
	var id [24]byte
	_, _ = rand.Read(id[:]) // never fails
	header := make([]byte, 0, 55)
	header = hex.AppendEncode(append(header, "00-"...), id[:16])
	header = hex.AppendEncode(append(header, '-'), id[16:])
	return string(append(header, "-01"...))
}
