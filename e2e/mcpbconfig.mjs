// Prints how a client starts the server of an unpacked MCPB bundle, by the code of
// the bundle format's own library.
//
//   node mcpbconfig.mjs DIRECTORY SETTINGS
//
// SETTINGS is what the user filled in, as JSON.

import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { getMcpConfigForManifest } from '@anthropic-ai/mcpb';

const [directory, settings] = process.argv.slice(2);
const config = await getMcpConfigForManifest({
  manifest: JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8')),
  extensionPath: directory,
  systemDirs: {},
  userConfig: JSON.parse(settings),
  pathSeparator: sep,
});
console.log(JSON.stringify(config ?? null));
