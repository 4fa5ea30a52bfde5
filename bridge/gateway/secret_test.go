package gateway

import (
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// TestSecretOfReplicas has replicas that share a file start at the same time, when it is not
// there yet: they have one secret.
func TestSecretOfReplicas(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for round := range 50 {
		name := filepath.Join(dir, strconv.Itoa(round))
		var secrets [8]string
		var all sync.WaitGroup
		start := make(chan struct{})
		for i := range secrets {
			all.Go(func() {
				<-start
				var err error
				if secrets[i], err = LoadSecret(name, true); err != nil {
					t.Error(err)
				}
			})
		}
		close(start)
		all.Wait()
		for _, secret := range secrets {
			if len(secret) < minSecret || secret != secrets[0] {
				t.Fatalf("secrets %q", secrets)
			}
		}
	}
}
