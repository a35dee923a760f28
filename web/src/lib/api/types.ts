// Short names for the shapes of the contract.
import type { components } from './schema';

type Schemas = components['schemas'];

export type User = Schemas['User'];
export type Session = Schemas['Session'];
export type Space = Schemas['Space'];
export type Member = Schemas['Member'];
export type Colleague = Schemas['Colleague'];
export type Person = Schemas['Person'];
export type Invitation = Schemas['Invitation'];
export type Collection = Schemas['Collection'];
export type Assistant = Schemas['Assistant'];
export type Document = Schemas['Document'];
export type DocumentStatus = Document['status'];
export type DocumentAccepted = Schemas['DocumentAccepted'];
export type Failure = Schemas['Failure'];
export type Page = Schemas['Page'];
export type Passage = Schemas['Passage'];
export type Conversation = Schemas['Conversation'];
export type Message = Schemas['Message'];
export type Source = Schemas['Source'];
export type SearchHit = Schemas['SearchHit'];
export type StreamEvent = Schemas['StreamEvent'];
export type FeedEvent = Schemas['Event'];
export type Problem = Schemas['Problem'];
export type Readiness = Schemas['Readiness'];
export type Permission = Schemas['User']['permissions'][number];
export type ApiKey = Schemas['ApiKey'];
export type CustomRole = Schemas['Role'];
export type OrganisationSettings = Schemas['Settings'];
export type AuditEntry = Schemas['AuditEntry'];
export type AuditExport = Schemas['AuditExport'];
export type AuditReading = Schemas['AuditReading'];
export type AuditVerification = Schemas['AuditVerification'];
