import { describe, expect, it } from 'vitest';
import { findPlaces, type Place } from './places';

const place = (name: string): Place => ({ kind: 'space', id: name, name, href: '/' });
const places = [place('Bygg och miljö'), place('Miljötillsyn'), place('HR')];
const names = (query: string) => findPlaces(places, query).map(({ name }) => name);

describe('finding a place', () => {
  it('puts names that begin with the word first', () => {
    expect(names('miljö')).toEqual(['Miljötillsyn', 'Bygg och miljö']);
  });

  it('reads letters without their marks', () => {
    expect(names('miljo till')).toEqual(['Miljötillsyn']);
  });

  it('shows all for an empty query and none for a strange one', () => {
    expect(names(' ')).toHaveLength(3);
    expect(names('zzz')).toEqual([]);
  });
});

describe('ranking', () => {
  const many = ['Question 3 about parking', 'About question 30', 'Parking question', 'Answer to question 3'].map(place);

  it('puts the whole phrase before its words', () => {
    expect(findPlaces(many, 'question 3').map(({ name }) => name)[0]).toBe('Question 3 about parking');
  });

  it('puts the name itself first', () => {
    expect(findPlaces([place('HR archive'), place('HR')], 'hr')[0]?.name).toBe('HR');
  });

  it('takes signs of the query as they are', () => {
    expect(findPlaces([place('C++ (draft)')], 'c++ (')).toHaveLength(1);
  });
});
