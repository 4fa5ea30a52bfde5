// Prints how a client starts the server of an unpacked MCPB bundle, by the code of
// the bundle format's own library.
//
//   node mcpbconfig.mjs DIRECTORY SETTINGS [SEPARATOR PATH]
//
// SETTINGS is what the user filled in, as JSON. SEPARATOR and PATH are those of the
// directory on another system.

import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { getMcpConfigForManifest } from '@anthropic-ai/mcpb';

const [directory, settings, separator = sep, path = directory] = process.argv.slice(2);
const config = await getMcpConfigForManifest({
  manifest: JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8')),
  extensionPath: path,
  systemDirs: {},
  userConfig: JSON.parse(settings),
  pathSeparator: separator,
});
console.log(JSON.stringify(config ?? null));
