import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { en } from './en';
import { counted, fill, formatAgo, formatSize, isMessageKey, locale, t } from './index.svelte';
import { sv } from './sv';

const marks = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
const sources = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.(svelte|ts)$/.test(name) && !name.endsWith('.test.ts') && !/i18n\/(en|sv)(-\w+)?\.ts$/.test(path)
      ? [path]
      : [];
  });

describe('texts', () => {
  it('exist in both languages, with the same names to fill in', () => {
    expect(Object.keys(sv).sort()).toEqual(Object.keys(en).sort());
    for (const [key, text] of Object.entries(en)) {
      expect(text.trim(), key).not.toBe('');
      expect(sv[key as keyof typeof en].trim(), key).not.toBe('');
      expect(marks(sv[key as keyof typeof en]), key).toEqual(marks(text));
    }
  });

  it('have one and other together', () => {
    for (const key of Object.keys(en)) {
      if (key.endsWith('.one')) expect(isMessageKey(key.replace(/one$/, 'other')), key).toBe(true);
    }
  });

  it('are all used', () => {
    const code = sources(new URL('../..', import.meta.url).pathname)
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n');
    const named = new Set(Array.from(code.matchAll(/'([^'\s]+)(?=')/g), (match) => match[1]));
    // Keys made from a code or a state are found by their stem.
    const stems = Array.from(code.matchAll(/`([\w.]+\.)\$\{/g), (match) => match[1] ?? '');
    const unused = Object.keys(en).filter((key) => {
      const stem = key.replace(/\.(one|other)$/, '');
      return !named.has(key) && !named.has(stem) && !stems.some((made) => key.startsWith(made));
    });
    expect(unused).toEqual([]);
  });

  it('exist for every error code of the API', () => {
    const kernel = readFileSync(new URL('../../../../crates/kernel/src/code.rs', import.meta.url), 'utf8');
    const codes = Array.from(kernel.matchAll(/= "([a-z_]+)",/g), (match) => match[1] ?? '');
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => !isMessageKey(`problem.${code}`))).toEqual([]);
  });

  it('exist for every reason of the API, and name no more than it sends', () => {
    const contract = JSON.parse(readFileSync(new URL('../../../../openapi/openapi.json', import.meta.url), 'utf8'));
    const codes: string[] = contract.components.schemas.Reason.properties.code.enum;
    expect(codes.length).toBeGreaterThan(100);
    expect(codes.filter((code) => !isMessageKey(`reason.${code}`))).toEqual([]);
    const known = Object.keys(en).filter((key) => key.startsWith('reason.'));
    expect(known.filter((key) => !codes.includes(key.slice('reason.'.length)))).toEqual([]);
    for (const key of known) {
      expect(marks(en[key as keyof typeof en]).filter((mark) => !/^\{(min|max|value)\}$/.test(mark))).toEqual([]);
    }
  });
});

describe('filling in', () => {
  it('replaces names and leaves unknown ones', () => {
    expect(fill('{a} and {b}', { a: 1 })).toBe('1 and {b}');
  });

  it('never reads a name as a pattern', () => {
    expect(fill('Delete {name}?', { name: '$& {name}' })).toBe('Delete $& {name}?');
  });

  it('chooses the plural form', () => {
    locale.language = 'en';
    expect(counted('chat.sources', 1)).toBe('1 source');
    expect(counted('chat.sources', 0)).toBe('0 sources');
    locale.language = 'sv';
    expect(counted('chat.sources', 2)).toBe('2 källor');
    expect(t('nav.home')).toBe('Start');
    locale.language = 'en';
  });

  it('says how long ago something was', () => {
    const now = Date.parse('2026-03-10T12:00:00Z');
    const ago = (iso: string) => formatAgo(iso, now);
    expect(ago('2026-03-10T12:00:05Z')).toBe('this minute');
    expect(ago('2026-03-10T11:59:01Z')).toBe('this minute');
    expect(ago('2026-03-10T11:55:00Z')).toBe('5 minutes ago');
    expect(ago('2026-03-10T10:00:00Z')).toBe('2 hours ago');
    expect(ago('2026-03-09T11:00:00Z')).toBe('yesterday');
    expect(ago('2025-12-24T11:00:00Z')).toMatch(/2025/);
  });

  it('writes sizes in decimal units', () => {
    expect(formatSize(0)).toBe('0 bytes');
    expect(formatSize(999)).toBe('999 bytes');
    expect(formatSize(1_500)).toBe('1.5 kB');
    expect(formatSize(2_600_000)).toBe('2.6 MB');
    expect(formatSize(5e12)).toMatch(/5,000 GB/);
  });
});
