//! Stored bytes on a real Postgres. Who may read and write them follows from their document: here
//! are the tenant, its quota, and the uploads of a user.

#[cfg(test)]
mod tests {
    use blobs::{BlobWriter, MOST_AT_ONCE, PART_BYTES};
    use kernel::{Code, Result, id::BlobId};
    use platform::Cx;
    use testkit::{Database, Person};

    const LIMIT: i64 = 64 << 20;

    struct Fixture {
        db: Database,
        person: Person,
        cx: Cx,
    }

    impl Fixture {
        async fn new() -> Self {
            let db = Database::fresh().await;
            let person = db.colleague(db.person("admin").await.tenant, "user", "user").await;
            let cx = db.cx(&person, "tessera_upload").await;
            Self { db, person, cx }
        }

        /// A stored blob.
        async fn stored(&self, bytes: &[u8]) -> BlobId {
            let mut writer = BlobWriter::begin(&self.cx, LIMIT).await.unwrap();
            writer.write(bytes).await.unwrap();
            let id = writer.id();
            writer.finish().await.unwrap();
            id
        }

        async fn quota(&self, bytes: i64) {
            let sql = "update tenants set storage_quota_bytes = $1 where id = $2";
            let update = sqlx::query(sql).bind(bytes).bind(self.person.tenant.0);
            update.execute(&mut self.db.superuser().await).await.unwrap();
        }
    }

    /// All bytes, as the worker of a tenant reads them.
    async fn read(db: &Database, of: &Person, id: BlobId) -> Vec<u8> {
        let source = db.source("tessera_worker").await;
        let cx = Cx::new(source, Some(of.tenant), platform::Actor::Worker, "test".to_owned());
        let mut bytes = Vec::new();
        for seq in 0.. {
            let Some(part) = blobs::part(&cx, id, seq).await.unwrap() else { break };
            bytes.extend_from_slice(&part);
        }
        bytes
    }

    fn refused<T>(outcome: Result<T>) -> Code {
        outcome.err().expect("it was not refused").code
    }

    #[tokio::test]
    async fn a_blob_is_read_as_it_was_written() {
        let fixture = Fixture::new().await;
        let bytes: Vec<u8> = (0..2 * PART_BYTES + 7).map(|n| (n % 251) as u8).collect();
        let id = fixture.stored(&bytes).await;
        assert!(read(&fixture.db, &fixture.person, id).await == bytes);
    }

    #[tokio::test]
    async fn another_tenant_neither_reads_nor_deletes_a_blob() {
        let fixture = Fixture::new().await;
        let id = fixture.stored(b"Minutes").await;
        let stranger = fixture.db.person("stranger").await;
        assert_eq!(read(&fixture.db, &stranger, id).await, b"");
        let cx = fixture.db.cx(&stranger, "tessera_upload").await;
        blobs::delete(&cx, id).await.unwrap();
        assert_eq!(read(&fixture.db, &fixture.person, id).await, b"Minutes");
        blobs::delete(&fixture.cx, id).await.unwrap();
        assert_eq!(read(&fixture.db, &fixture.person, id).await, b"");
    }

    #[tokio::test]
    async fn bytes_beyond_the_quota_are_refused() {
        let fixture = Fixture::new().await;
        fixture.quota(PART_BYTES as i64).await;
        let mut writer = BlobWriter::begin(&fixture.cx, LIMIT).await.unwrap();
        writer.write(&vec![0; PART_BYTES]).await.unwrap();
        let more = writer.write(&vec![0; PART_BYTES]).await;
        assert_eq!(refused(more), Code::QuotaExceeded);
        let stranger = fixture.db.person("stranger").await;
        let cx = fixture.db.cx(&stranger, "tessera_upload").await;
        let mut writer = BlobWriter::begin(&cx, LIMIT).await.unwrap();
        writer.write(&vec![0; 2 * PART_BYTES]).await.expect("each tenant has its own quota");
    }

    #[tokio::test]
    async fn a_file_beyond_its_limit_is_refused() {
        let fixture = Fixture::new().await;
        let mut writer = BlobWriter::begin(&fixture.cx, 4).await.unwrap();
        assert_eq!(refused(writer.write(b"12345").await), Code::TooLarge);
    }

    #[tokio::test]
    async fn a_blob_that_was_deleted_is_not_completed() {
        let fixture = Fixture::new().await;
        let mut writer = BlobWriter::begin(&fixture.cx, LIMIT).await.unwrap();
        writer.write(b"Minutes").await.unwrap();
        blobs::delete(&fixture.cx, writer.id()).await.unwrap();
        assert_eq!(refused(writer.finish().await), Code::Conflict);
    }

    #[tokio::test]
    async fn the_uploads_of_one_user_are_counted_apart_from_those_of_others() {
        let fixture = Fixture::new().await;
        for _ in 0..MOST_AT_ONCE {
            BlobWriter::begin_upload(&fixture.cx, LIMIT).await.unwrap();
        }
        let more = BlobWriter::begin_upload(&fixture.cx, LIMIT).await;
        assert_eq!(refused(more), Code::TooManyRequests);
        let colleague = fixture.db.colleague(fixture.person.tenant, "colleague", "user").await;
        let cx = fixture.db.cx(&colleague, "tessera_upload").await;
        BlobWriter::begin_upload(&cx, LIMIT).await.unwrap();
    }
}
