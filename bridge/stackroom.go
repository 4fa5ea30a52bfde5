package bridge

import "runtime"

const (
	// stackRoom is how many bytes of stack holdStack occupies: enough for an average of
	// 4 KB with the twenty goroutines of a bridge at rest.
	stackRoom = 64 << 10
	// busyAfter is how many messages a client has got when it is one that makes calls,
	// and not only starts all its servers.
	busyAfter = 16
)

// holdStack occupies stack until done is closed. The runtime gives a new goroutine as
// much stack as all had in use on average at the last garbage collection (package
// runtime, adaptivestackstart). Nearly all goroutines of a bridge wait, and use next to
// none: that which net/http starts for each request over HTTP/2 then begins with 2 KB and
// is copied to a larger stack two or three times, for a tenth of the CPU of a call. The
// first collection would come only after a thousand calls.
func holdStack(done <-chan struct{}) {
	var room [stackRoom]byte
	runtime.GC()
	<-done
	runtime.KeepAlive(&room)
}
