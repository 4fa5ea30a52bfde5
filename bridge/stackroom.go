package bridge

import "runtime"

// stackRoom is how many bytes of stack holdStack occupies: enough for an average of 4 KB
// with the twenty goroutines of a bridge at rest.
const stackRoom = 64 << 10

// holdStack occupies stack until done is closed. The runtime gives a new goroutine as
// much stack as all had in use on average at the last garbage collection (package
// runtime, adaptivestackstart). Nearly all goroutines of a bridge wait, and use next to
// none: that which net/http starts for each request over HTTP/2 then begins with 2 KB and
// is copied to a larger stack two or three times, for a tenth of the CPU of a call.
func holdStack(done <-chan struct{}) {
	var room [stackRoom]byte
	<-done
	runtime.KeepAlive(&room)
}
