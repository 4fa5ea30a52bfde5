//go:build !linux

package gateway

import "github.com/VictoriaMetrics/metrics"

// writeProcess writes what the system tells of the process.
func (p *metricsPage) writeProcess() {
	metrics.ExposeMetadata(true) // the library writes types only if it is told to
	metrics.WriteProcMetrics(p)
	metrics.WriteFDMetrics(p)
}
