package content

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"os"
	"path/filepath"
	"strings"

	"ucbridge/bridge/sharedfile"
)

// extension is the ending of a file with that MIME type. It is out of this list and
// not the system's, so that no server chooses an ending that a double click would
// run.
func extension(kind string) string {
	media, _, err := mime.ParseMediaType(kind)
	if err != nil {
		return ".bin"
	}
	return cmp.Or(map[string]string{
		"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "image/svg+xml": ".svg",
		"image/bmp": ".bmp", "image/tiff": ".tiff", "image/avif": ".avif", "image/heic": ".heic",
		"audio/wav": ".wav", "audio/x-wav": ".wav", "audio/wave": ".wav", "audio/mpeg": ".mp3", "audio/mp4": ".m4a",
		"audio/ogg": ".ogg", "audio/flac": ".flac", "audio/webm": ".weba", "audio/aac": ".aac",
		"video/mp4": ".mp4", "video/webm": ".webm",
		"application/pdf": ".pdf", "application/zip": ".zip", "application/gzip": ".gz", "application/json": ".json",
		"application/xml": ".xml", "application/vnd.apache.parquet": ".parquet",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         ".xlsx",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   ".docx",
		"application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
		"text/plain": ".txt", "text/csv": ".csv", "text/markdown": ".md", "text/xml": ".xml",
	}[media], ".bin")
}

// mostFiles is how many files of one name there may be.
const mostFiles = 10_000

// create writes data to a new file in dir, for its owner alone, and returns its
// path. What is there already is left alone: the name gets a number.
func create(dir, name, kind string, data []byte) (string, error) {
	name, ending := safe(name), extension(kind)
	for n := 1; n <= mostFiles; n++ {
		path := filepath.Join(dir, name+ending)
		if n > 1 {
			path = filepath.Join(dir, fmt.Sprintf("%s-%d%s", name, n, ending))
		}
		file, err := sharedfile.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = file.Write(data)
		return path, errors.Join(err, file.Close())
	}
	return "", fmt.Errorf("there are %d files %s%s already", mostFiles, name, ending)
}

// longestName is how many characters of a tool's name stand in a file's.
const longestName = 64

// safe makes a name that means nothing to any file system but itself: letters,
// digits, dash and underscore. It never begins with a dash, which commands take
// for an option.
func safe(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_':
			return r
		}
		return '_'
	}, name)
	if len(name) > longestName {
		name = name[len(name)-longestName:]
	}
	if strings.HasPrefix(name, "-") {
		name = "_" + name[1:]
	}
	return name
}
