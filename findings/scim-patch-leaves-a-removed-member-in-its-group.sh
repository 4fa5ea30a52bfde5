#!/usr/bin/env bash
# npm scim-patch 0.8.3: a member is taken out of a group
#
# Guess: {"op": "remove", "path": "members", "value": [{"value": "u1"}]}, the form that Microsoft
#   Entra ID is known for, removes the member with that value: a member is known by it, and
#   what stands beside it ("display", "$ref") only describes.
# Behaviour: a member goes only where it equals what was sent in every part. One that is kept
#   with a display name, or with $ref, stays. There is no error, and the patched group is
#   returned as if done. By path: members[value eq "u1"] it goes in each case.
# Seen: {"value":"u1"} is removed; {"value":"u1","display":"Ada"} and {"value":"u1","$ref":...}
#   stay; with the filter in the path all three are removed.
# Why it matters: rules for MCP tools go by groups that such a server keeps. The directory has
#   the answer that the removal is done and does not send it again, and the person keeps the
#   tools. Keep members by value alone, or rewrite the operation to the filter before.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
pinned="scim-patch@0.8.3"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
[ "$(node -p "require('./node_modules/scim-patch/package.json').version")" = "${pinned##*@}" ] || { echo "CHANGED: another version of scim-patch was installed"; exit 1; }
cat > check.mjs <<'EOF'
import scim from 'scim-patch';
const byValue = [{ op: 'remove', path: 'members', value: [{ value: 'u1' }] }];
const byFilter = [{ op: 'remove', path: 'members[value eq "u1"]' }];
let failed = false;
for (const [member, stays] of [[{ value: 'u1' }, false], [{ value: 'u1', display: 'Ada' }, true], [{ value: 'u1', $ref: 'https://scim.test/Users/u1' }, true]]) {
  const left = (operations) => {
    const group = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'admins', members: [{ ...member }, { value: 'u2' }], meta: { resourceType: 'Group', created: new Date(), lastModified: new Date() } };
    return scim.scimPatch(group, operations).members.map((m) => m.value).join(' ');
  };
  const seen = [left(byValue), left(byFilter)];
  console.log(`${JSON.stringify(member)} and u2: left by value: ${seen[0]}; left by filter: ${seen[1]}`);
  if (seen[0] !== (stays ? 'u1 u2' : 'u2') || seen[1] !== 'u2') (failed = true), console.log(`CHANGED: expected ${stays ? 'u1 u2' : 'u2'} and u2`);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
echo "as stated"
