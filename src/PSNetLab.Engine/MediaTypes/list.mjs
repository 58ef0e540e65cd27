// node list.mjs DB.JSON LIST: writes the part of mime-db that a file server needs: a line for each media type, with its extensions.
// A '+' before the type says that compressing it is worth while.
import { readFileSync, writeFileSync } from 'node:fs';

const [databasePath, listPath] = process.argv.slice(2);
const database = JSON.parse(readFileSync(databasePath));

// What is registered comes first, then what mime-db's own maintainers add.
const sources = ['nginx', 'apache', undefined, 'iana'];

// An extension may have several types: the best known source wins, then the more telling name, then the shorter one.
function compare(a, b) {
    return sources.indexOf(database[a].source) - sources.indexOf(database[b].source)
        || isGeneral(b) - isGeneral(a)
        || isVendors(b) - isVendors(a)
        || b.length - a.length;
}

const isGeneral = type => type.startsWith('application/');
const isVendors = type => /\/(vnd\.|x-)/.test(type);

const chosen = new Map();
for (const [type, { extensions = [] }] of Object.entries(database)) {
    for (const extension of extensions) {
        if (!chosen.has(extension) || compare(chosen.get(extension), type) <= 0) {
            chosen.set(extension, type);
        }
    }
}

const lines = new Map();
for (const [extension, type] of chosen) {
    lines.set(type, [...lines.get(type) ?? [(database[type].compressible ? '+' : '') + type], extension]);
}

writeFileSync(listPath, [...lines.values()].map(line => line.join(' ') + '\n').sort().join(''));
