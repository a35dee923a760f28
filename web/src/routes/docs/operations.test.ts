import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { OpenApi } from './openapi';
import { filterGroups, firstPart, groupOperations, type Group } from './operations';

const contract: OpenApi = {
  info: { title: 'Test', version: '1' },
  tags: [{ name: 'second', description: 'Comes first here.' }, { name: 'empty' }],
  security: [{ bearer: [] }],
  paths: {
    '/api/v1/things/{id}': {
      parameters: [{ $ref: '#/components/parameters/Id' }, { name: 'limit', in: 'query', schema: { type: 'string' } }],
      get: {
        operationId: 'get_thing',
        parameters: [{ name: 'limit', in: 'query', description: 'how many', schema: { type: 'integer' } }],
        responses: { '200': { description: 'OK' }, default: { $ref: '#/components/responses/Problem' } },
        security: []
      },
      summary: 'not an operation'
    },
    '/api/v1/others': {
      post: {
        tags: ['second'],
        summary: 'Make another',
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Other' } } }
        }
      }
    }
  },
  components: {
    parameters: { Id: { name: 'id', in: 'path', schema: { type: 'string' } } },
    responses: { Problem: { description: 'A problem', content: { 'application/problem+json': {} } } }
  }
};

const ids = (groups: Group[]) => groups.map(({ name, operations }) => [name, operations.map(({ id }) => id)]);

describe('grouping', () => {
  const groups = groupOperations(contract);
  const [second, things] = groups;

  it('goes by tag in their order, else by the path, and leaves out what is empty', () => {
    expect(ids(groups)).toEqual([
      ['second', ['post--api-v1-others']],
      ['things', ['get_thing']]
    ]);
    expect(second?.description).toBe('Comes first here.');
    expect(firstPart('/api/health/db')).toBe('health');
    expect(firstPart('/')).toBe('/');
  });

  it('reads parameters of the path and of the operation, whose own win', () => {
    expect(things?.operations[0]?.parameters).toEqual([
      { name: 'id', place: 'path', required: true, schema: { type: 'string' } },
      { name: 'limit', place: 'query', required: false, schema: { type: 'integer', description: 'how many' } }
    ]);
  });

  it('reads bodies, shared responses, and who may call', () => {
    const post = second?.operations[0];
    expect(post?.method).toBe('POST');
    expect(post?.open).toBe(false);
    expect(post?.body?.required).toBe(true);
    expect(post?.body?.contents[0]?.mediaType).toBe('application/json');
    const get = things?.operations[0];
    expect(get?.open).toBe(true);
    expect(get?.body).toBeNull();
    expect(get?.responses.map(({ status, description }) => [status, description])).toEqual([
      ['200', 'OK'],
      ['default', 'A problem']
    ]);
  });
});

describe('the filter', () => {
  const groups = groupOperations(contract);

  it('asks for every word, anywhere in the operation', () => {
    expect(ids(filterGroups(groups, 'post other'))).toEqual([['second', ['post--api-v1-others']]]);
    expect(ids(filterGroups(groups, 'LIMIT things'))).toEqual([['things', ['get_thing']]]);
    expect(filterGroups(groups, 'post limit')).toEqual([]);
    expect(filterGroups(groups, '  ')).toBe(groups);
  });
});

it('every operation of the contract is listed once', () => {
  const path = new URL('../../../../openapi/openapi.json', import.meta.url);
  const real = JSON.parse(readFileSync(path, 'utf8')) as OpenApi;
  const listed = groupOperations(real).flatMap(({ operations }) => operations);
  const methods = Object.values(real.paths).flatMap((item) => Object.keys(item).filter((key) => key !== 'parameters'));
  expect(listed).toHaveLength(methods.length);
  expect(new Set(listed.map(({ id }) => id)).size).toBe(methods.length);
  const search = listed.find(({ method, path: at }) => method === 'POST' && at === '/api/v1/search');
  expect(search?.group).toBe('search');
  expect(search?.body?.contents[0]?.schema).toEqual({ $ref: '#/components/schemas/Search' });
});
