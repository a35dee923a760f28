import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { OpenApi, Schema, Schemas } from './openapi';
import { limitsOf, membersOf, nameOf, partsOf, resolve, typeText, valuesOf } from './schema-view';

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const schemas: Schemas = {
  Hit: { type: 'object', properties: { id: { type: 'string', format: 'uuid' }, next: ref('Hit') }, required: ['id'] },
  Alias: ref('Hit'),
  Loop: ref('Loop'),
  Color: { type: 'string', enum: ['red', 'blue'] }
};

describe('the words for a type', () => {
  it.each<[Schema, string]>([
    [{ type: 'string', format: 'uuid' }, 'string (uuid)'],
    [{ type: ['integer', 'null'] }, 'integer | null'],
    [{ type: ['string', 'null'], format: 'date-time' }, 'string (date-time) | null'],
    [ref('Hit'), 'Hit'],
    [{ type: 'array', items: ref('Hit') }, 'Hit[]'],
    [{ type: 'array', items: { type: ['string', 'null'] } }, '(string | null)[]'],
    [{ oneOf: [ref('Hit'), { type: 'null' }] }, 'Hit | null'],
    [{ oneOf: [{ type: 'object' }, { type: 'object' }] }, 'object'],
    [{ allOf: [ref('Hit'), ref('Color')] }, 'Hit & Color'],
    [{ const: 'start' }, '"start"'],
    [{ type: 'object', additionalProperties: ref('Hit') }, '{ [key]: Hit }'],
    [{ properties: {} }, 'object'],
    [{}, 'any']
  ])('%j', (schema, text) => expect(typeText(schema)).toBe(text));
});

describe('what is allowed', () => {
  it('is told as ranges and listed values', () => {
    expect(limitsOf({ minLength: 1, maxLength: 200 })).toEqual([{ kind: 'length', text: '1–200' }]);
    expect(limitsOf({ minLength: 0, maxLength: 200 })).toEqual([{ kind: 'length', text: '≤ 200' }]);
    expect(limitsOf({ minimum: 0, maximum: 2, default: 1 })).toEqual([
      { kind: 'value', text: '0–2' },
      { kind: 'default', text: '1' }
    ]);
    expect(limitsOf({ minimum: 1 })).toEqual([{ kind: 'value', text: '≥ 1' }]);
    expect(limitsOf({ minItems: 3, maxItems: 3 })).toEqual([{ kind: 'items', text: '3' }]);
    expect(limitsOf({})).toEqual([]);
    expect(valuesOf(ref('Color'), schemas)).toEqual(['red', 'blue']);
    expect(valuesOf({ type: 'array', items: ref('Color') }, schemas)).toEqual(['red', 'blue']);
    expect(valuesOf({ enum: [1, null] }, schemas)).toEqual(['1', 'null']);
  });
});

describe('names of schemas', () => {
  it('are followed to what they stand for, and a circle ends', () => {
    expect(resolve(ref('Alias'), schemas)).toBe(schemas.Hit);
    expect(resolve({ ...ref('Hit'), description: 'the best' }, schemas).description).toBe('the best');
    expect(resolve(ref('Loop'), schemas)).toEqual({});
    expect(resolve(ref('Missing'), schemas)).toEqual({});
    expect(nameOf({ $ref: '#/components/responses/Problem' })).toBeNull();
  });
});

describe('what can be opened', () => {
  const titles = (schema: Schema) => partsOf(schema, schemas).map(({ title }) => title);

  it('is every object, through lists, maps and choices, once', () => {
    expect(titles(ref('Hit'))).toEqual(['Hit']);
    expect(titles({ type: 'array', items: ref('Hit') })).toEqual(['Hit']);
    expect(titles({ type: 'object', additionalProperties: ref('Hit') })).toEqual(['Hit']);
    expect(titles({ oneOf: [ref('Hit'), { type: 'null' }, { type: 'array', items: ref('Hit') }] })).toEqual(['Hit']);
    expect(titles({ type: 'string' })).toEqual([]);
    expect(titles(ref('Loop'))).toEqual([]);
  });

  it('names a variant by what is fixed in it', () => {
    const variant = (type: string): Schema => ({ type: 'object', properties: { type: { const: type } } });
    expect(titles({ oneOf: [variant('start'), variant('done')] })).toEqual(['type: "start"', 'type: "done"']);
  });

  it('shows members with what is required, inherited and free ones too', () => {
    const members = membersOf(
      { allOf: [ref('Hit')], properties: { extra: {} }, required: ['extra'], additionalProperties: { type: 'string' } },
      schemas
    );
    expect(members.map(({ name, required }) => [name, required])).toEqual([
      ['id', true],
      ['next', false],
      ['extra', true],
      ['[key]', false]
    ]);
  });
});

it('every name in the contract stands for something', () => {
  const path = new URL('../../../../openapi/openapi.json', import.meta.url);
  const contract = JSON.parse(readFileSync(path, 'utf8')) as OpenApi;
  const all = contract.components?.schemas ?? {};
  expect(Object.keys(all).length).toBeGreaterThan(20);
  for (const name of Object.keys(all)) {
    expect(typeText(all[name] ?? {}), name).not.toBe('any');
    for (const member of partsOf(ref(name), all).flatMap(({ schema }) => membersOf(schema, all))) {
      const named = nameOf(member.schema.items ?? member.schema);
      if (named) expect(all, `${name}.${member.name}`).toHaveProperty(named);
    }
  }
});
