import { readFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';
import { expect, it } from 'vitest';

it('the generated types are those of openapi.json (else: npm run api)', async () => {
  const contract = new URL('../../../../openapi/openapi.json', import.meta.url);
  const fresh = astToString(await openapiTS(contract, { alphabetize: true, defaultNonNullable: false }));
  const stored = readFileSync(new URL('./schema.ts', import.meta.url), 'utf8');
  const withoutHeader = stored.replace(/^\/\*\*[\s\S]*?\*\/\s*/, '');
  expect(withoutHeader.trim()).toBe(fresh.trim());
});
