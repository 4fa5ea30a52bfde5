package main

import (
	"fmt"
	"io"
	"log/slog"

	"ucbridge/bridge/regularfile"
	"ucbridge/cmd/internal/throttle"
	"ucbridge/config"
)

// openLog returns the log on stderr or in the file that was asked for. It is
// quiet by default, since AI clients show a server's stderr to their users.
func openLog(cfg *config.Config, stderr io.Writer) (*slog.Logger, func() error, error) {
	out, closeLog, err := logWriter(cfg.LogFile.Value, stderr)
	if err != nil {
		return nil, nil, err
	}
	if cfg.Debug.Value {
		return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug})), closeLog, nil
	}
	return slog.New(throttle.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelWarn}))), closeLog, nil
}

// personalLog is openLog for a command that a person runs. Unless they have asked for the
// log, they are shown notes.
func personalLog(cfg *config.Config, stderr io.Writer) (*slog.Logger, *notes, func() error, error) {
	kept := new(notes)
	if !cfg.Debug.Value && cfg.LogFile.Value == "" {
		return slog.New(notesLog{notes: kept}), kept, func() error { return nil }, nil
	}
	log, closeLog, err := openLog(cfg, stderr)
	return log, kept, closeLog, err
}

// logWriter returns the file of that name, opened for appending, or stderr where
// the name is empty.
func logWriter(name string, stderr io.Writer) (io.Writer, func() error, error) {
	if name == "" {
		return stderr, func() error { return nil }, nil
	}
	file, err := regularfile.Append(name)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the log file: %w", err)
	}
	return file, file.Close, nil
}
