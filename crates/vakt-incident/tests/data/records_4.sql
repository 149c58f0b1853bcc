-- Records of schema 4, as the version before repeats of what services are said to be were kept wrote them: those of
-- schema 3, opened by it, with an outage and its criterion, answers, a document, a task, a note, an attachment, a
-- review, a report of staff and signed looks.
PRAGMA user_version = 4;
PRAGMA foreign_keys = OFF;
BEGIN TRANSACTION;
CREATE TABLE alert_events (
    alert INTEGER NOT NULL REFERENCES alerts (seq) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    PRIMARY KEY (alert, position)
) STRICT, WITHOUT ROWID;
INSERT INTO "alert_events" VALUES(1,1);
INSERT INTO "alert_events" VALUES(1,4);
INSERT INTO "alert_events" VALUES(1,7);
INSERT INTO "alert_events" VALUES(1,10);
INSERT INTO "alert_events" VALUES(1,12);
INSERT INTO "alert_events" VALUES(1,15);
INSERT INTO "alert_events" VALUES(1,17);
INSERT INTO "alert_events" VALUES(1,19);
INSERT INTO "alert_events" VALUES(1,21);
INSERT INTO "alert_events" VALUES(1,23);
INSERT INTO "alert_events" VALUES(1,25);
INSERT INTO "alert_events" VALUES(1,27);
INSERT INTO "alert_events" VALUES(2,1);
INSERT INTO "alert_events" VALUES(2,4);
INSERT INTO "alert_events" VALUES(2,7);
INSERT INTO "alert_events" VALUES(2,10);
INSERT INTO "alert_events" VALUES(2,12);
INSERT INTO "alert_events" VALUES(2,15);
INSERT INTO "alert_events" VALUES(2,17);
INSERT INTO "alert_events" VALUES(2,19);
INSERT INTO "alert_events" VALUES(2,21);
INSERT INTO "alert_events" VALUES(2,23);
INSERT INTO "alert_events" VALUES(2,25);
INSERT INTO "alert_events" VALUES(2,27);
INSERT INTO "alert_events" VALUES(2,29);
INSERT INTO "alert_events" VALUES(3,35);
INSERT INTO "alert_events" VALUES(4,37);
INSERT INTO "alert_events" VALUES(5,35);
INSERT INTO "alert_events" VALUES(5,37);
INSERT INTO "alert_events" VALUES(6,39);
INSERT INTO "alert_events" VALUES(7,40);
INSERT INTO "alert_events" VALUES(8,42);
INSERT INTO "alert_events" VALUES(9,43);
INSERT INTO "alert_events" VALUES(10,44);
INSERT INTO "alert_events" VALUES(10,45);
INSERT INTO "alert_events" VALUES(10,46);
INSERT INTO "alert_events" VALUES(10,47);
INSERT INTO "alert_events" VALUES(10,48);
INSERT INTO "alert_events" VALUES(10,49);
INSERT INTO "alert_events" VALUES(10,50);
INSERT INTO "alert_events" VALUES(10,51);
INSERT INTO "alert_events" VALUES(10,52);
INSERT INTO "alert_events" VALUES(10,53);
INSERT INTO "alert_events" VALUES(10,54);
INSERT INTO "alert_events" VALUES(10,55);
INSERT INTO "alert_events" VALUES(11,56);
INSERT INTO "alert_events" VALUES(12,44);
INSERT INTO "alert_events" VALUES(12,45);
INSERT INTO "alert_events" VALUES(12,46);
INSERT INTO "alert_events" VALUES(12,47);
INSERT INTO "alert_events" VALUES(12,48);
INSERT INTO "alert_events" VALUES(12,49);
INSERT INTO "alert_events" VALUES(12,50);
INSERT INTO "alert_events" VALUES(12,51);
INSERT INTO "alert_events" VALUES(12,52);
INSERT INTO "alert_events" VALUES(12,53);
INSERT INTO "alert_events" VALUES(12,54);
INSERT INTO "alert_events" VALUES(12,55);
INSERT INTO "alert_events" VALUES(12,56);
INSERT INTO "alert_events" VALUES(13,57);
CREATE TABLE alerts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    group_key TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    rule_title TEXT NOT NULL,
    level INTEGER NOT NULL,
    tags TEXT NOT NULL,
    entity TEXT NOT NULL,
    stream TEXT NOT NULL,
    drill INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    match_count INTEGER NOT NULL,
    event_count INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    last_received INTEGER NOT NULL,
    detected_at INTEGER NOT NULL,
    incident INTEGER REFERENCES incidents (seq)
, suppression TEXT, maintenance TEXT) STRICT;
INSERT INTO "alerts" VALUES(1,'d9e9cac28df5b2723c9dbaab4b46e71d','9c60c9919d286e46824daf105ffa5f72','0481c2aa-1690-490e-90a3-e50d4dffef11','SSH brute force from one address',2,'["attack.credential-access","attack.t1110.001"]','[["source.ip","203.0.113.66"]]','default',1,'open',3,12,1795927464423285,1795927516423285,1795927581426970,1795927581438973,NULL,NULL,NULL);
INSERT INTO "alerts" VALUES(2,'d536d5be3f87fb02b54ba7fc6657bd96','b9e9509ecbce52a05c18ddd598b0c499','a44c76ad-f40b-48c1-af56-04f157390478','SSH login succeeds after many failures',3,'["attack.credential-access","attack.initial-access","attack.t1110.001","attack.t1078","attack.lateral-movement","attack.t1021.004"]','[["source.ip","203.0.113.66"]]','default',1,'closed',1,13,1795927464423285,1795927523423285,1795927581426970,1795927581439091,1,NULL,NULL);
INSERT INTO "alerts" VALUES(3,'b763bf6e772fbc3f97120edadc9fb8e8','4c759fafc4f206d3270fa3fba00fe4d3','75f9da28-51ef-425c-a1de-a6bfb1ed6aa4','New user account',1,'["attack.persistence","attack.t1136.001"]','[["user.name","backupsvc"]]','default',1,'open',1,1,1795927547423285,1795927547423285,1795927581426970,1795927581442597,NULL,NULL,NULL);
INSERT INTO "alerts" VALUES(4,'4a86bf25f8ab4e61d19b5cd17f9d97c7','6f0eccd73591cf6ff049444d96893129','49488bd3-1bc7-455a-94c3-98d3b3f0a7bf','User added to a group with root''s powers',2,'["attack.persistence","attack.privilege-escalation","attack.t1098.007"]','[["user.name","backupsvc"]]','default',1,'open',1,1,1795927552423285,1795927552423285,1795927581426970,1795927581442667,NULL,NULL,NULL);
INSERT INTO "alerts" VALUES(5,'534451b82966c992cb3a17726f0a9062','2ceb98e6836cf1fdbc0817c5f6a296ff','5cfcf128-3b5c-4186-b4e7-f1549b375567','New account becomes an administrator at once',3,'["attack.persistence","attack.privilege-escalation","attack.t1136.001","attack.t1098.007"]','[["user.target.name","backupsvc"],["host.name","web1"]]','default',1,'open',1,2,1795927547423285,1795927552423285,1795927581426970,1795927581442668,NULL,NULL,NULL);
INSERT INTO "alerts" VALUES(6,'579c9d9e1fcde75568b791b977f0d6ee','901ec092cbb908820e6912ce45a7aae2','942499e0-60b2-443c-a448-db5653e3ab96','Crontab replaced',1,'["attack.persistence","attack.execution","attack.t1053.003"]','[["user.name","root"]]','default',1,'open',1,1,1795927567423285,1795927567423285,1795927581426970,1795927581442715,NULL,NULL,NULL);
INSERT INTO "alerts" VALUES(7,'7cdd5fb0fcaa65205dd7770e2ea51b15','8cc74726705b062ef1a4c549204203d2','d34ca94a-0aff-4485-9cf5-2eda4166db7f','Command line that switches protection off',3,'["attack.defense-impairment","attack.t1686","attack.t1685.004"]','[["user.name","deploy"]]','default',1,'open',1,1,1795927575423285,1795927575423285,1795927581426970,1795927581442795,NULL,NULL,NULL);
INSERT INTO "alerts" VALUES(8,'4430c9ae1b7caec458e997e474e4e444','cc80377157ed95d5081bf65056f139f1','c875142d-8438-45ea-b0b4-ffa7d729bbb9','Protecting service stopped',1,'["attack.defense-impairment","attack.t1685.004"]','[["host.name","web1"]]','default',1,'open',1,1,1795927576423285,1795927576423285,1795927581427309,1795927581442853,NULL,NULL,NULL);
INSERT INTO "alerts" VALUES(9,'de5d0496bd44cc80167e8939c064ca3c','9fee172f865fabecfa1410f69a00886c','cdd473f8-d37e-4715-8410-b0a4fc946132','Log files removed or emptied',3,'["attack.defense-impairment","attack.t1685.006"]','[["user.name","deploy"]]','default',1,'open',1,1,1795927581423285,1795927581423285,1795927581427309,1795927581446840,NULL,NULL,NULL);
INSERT INTO "alerts" VALUES(10,'2790f9157b3e434a85f21879ca0ac1a1','7cd20cafb6b79fc110e4635baad49476','0481c2aa-1690-490e-90a3-e50d4dffef11','SSH brute force from one address',2,'["attack.credential-access","attack.t1110.001"]','[["source.ip","203.0.113.7"]]','default',0,'open',3,12,1795938848000000,1795938848000000,1795938848477862,1795938848479981,NULL,NULL,NULL);
INSERT INTO "alerts" VALUES(11,'cde04a1fc1f1b875a3f0661fabab7fcc','1c4a64e9c440ff0b8e64a75f1f6ddc3c','49441df5-24b1-4ccd-aa17-dfe3838a2d9d','Root logs in over SSH with a password',2,'["attack.initial-access","attack.privilege-escalation","attack.t1078.003","attack.lateral-movement","attack.t1021.004"]','[["source.ip","203.0.113.7"]]','default',0,'open',1,1,1795938848000000,1795938848000000,1795938848477862,1795938848480096,NULL,NULL,NULL);
INSERT INTO "alerts" VALUES(12,'5ac13b67d5b1e4caf4ca78288c59b23c','66f6563cd5399303387929378476305f','a44c76ad-f40b-48c1-af56-04f157390478','SSH login succeeds after many failures',3,'["attack.credential-access","attack.initial-access","attack.t1110.001","attack.t1078","attack.lateral-movement","attack.t1021.004"]','[["source.ip","203.0.113.7"]]','default',0,'open',1,13,1795938848000000,1795938848000000,1795938848477862,1795938848480098,3,NULL,NULL);
INSERT INTO "alerts" VALUES(13,'2c5660c916e4ac8c4706af42dacc098f','df9b188c716657973bd55645e044dd75','9b2d6a34-58c1-4a0e-9d58-0e5b8f1d7a01','The portal does not answer',1,'[]','[["host.name","web1"]]','default',0,'open',1,1,1795928400000000,1795928400000000,1795928400000000,1795928400000000,4,NULL,NULL);
CREATE TABLE answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    party TEXT NOT NULL,
    -- Empty where it concerns no service, or all.
    service TEXT NOT NULL,
    input TEXT NOT NULL,
    -- NULL takes the answer back.
    value TEXT,
    source TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
INSERT INTO "answers" VALUES(1,4,'own','portal','users_limited','"21"','estimate','admin',1795930260000000);
CREATE TABLE applied (
    group_key TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (group_key, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE attachments (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    blake3 TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    UNIQUE (incident, blake3)
) STRICT;
INSERT INTO "attachments" VALUES(1,4,'ba78c21f37a7ddcaef4b11d25fb9b6aea0e919801110eea3ca69e240da1f1a5f','bdcf4c994585af6dd6cb1cfbff78bcc73ab27dc30a299db5bb83766ca05b5de4',9,'e.txt','application/octet-stream',1795930260000000,'admin');
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    principal TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
INSERT INTO "audit" VALUES(1,1795927581446891,'vakt','incident.opened','8b321970075e67b4e3e4278bacf28b0c','null','{"incident":{"id":"8b321970075e67b4e3e4278bacf28b0c","number":1,"origin":"detection","title":"SSH login succeeds after many failures: 203.0.113.66","party":"own","drill":true,"historic":false,"stream":"default","rule.id":"a44c76ad-f40b-48c1-af56-04f157390478","rule.name":"SSH login succeeds after many failures","entity":[["source.ip","203.0.113.66"]],"techniques":["T1021.004","T1078","T1110.001"],"regimes":["nis2-se"],"organisation_configured":false,"detected_at":"2026-11-29T04:46:21.439091Z","opened_at":"2026-11-29T04:46:21.446891Z","opened_by":"vakt","first_claimed":"2026-11-29T04:44:24.423285Z","first_received":"2026-11-29T04:46:21.42697Z"},"alert":"d536d5be3f87fb02b54ba7fc6657bd96","evidence":[[1,"873ba173e03c4847581c87f41b4e0a9681ddc542d8fa1331fee0e32a9f151c5e","601a302a82bd302021df085c153ad490aa9624cdeea2b7167b58732ec797fa69"],[4,"37e6073da0eb5d34531727c48a63e6f54a9ef54ac421ada7cb9e62384373fa04","dbc21427779093fe1499ec2b46f83375a3303e0787a280b335006d0600a55478"],[7,"b71e7be4db9d5e404f56bd628ee338a11a3e9f9e93176b8ae0d9c67ee558c2c6","b8ff21487b577b0477c7c2dc791a29203f6ec39dbfadcba18c04fb12f28a397a"],[10,"6f00789c8c6d3a1cd7db9915e5c9c55ba8ab3062344a7aad559c94dd9a15d225","1312a3400f7379d7a4535db3d3eb5c5cc2ea7a9c023d8657a04a1ecb75dae45b"],[12,"58b73f67b5525b4250507856e2b8dd7edab7c411bd65bc0a0405311f348e254e","7194d9331efc1889ea8c7c74d559213d555e57e5e641c7965c7de8ae6b1326e1"],[15,"faff5fe21dd2f734eb09673d5dc45bf39ce96200b9b60928d4a339a2ff21582f","a3a9c6803b17b116cbe3a8d8c4e727824d9eef7dfddb49da3a7ca30f7a126713"],[17,"f0e0f8c50c8e1f1d3d64c48922ec2dfd4b955814bd1d3347ab645f34157fb7b4","f4b55bcdfc402a9d6e82a025f2fa01fdc78c12f8e286d3a8c91c8a38c6a9cdc9"],[19,"a50def6c4a477faff0469ff380c34b13c751c58a3ffcc2af0edc875476e6c293","6e4a6391b77fc3ffdc4107662ec208e75ffbfe5038b505e0b8f10ab35d40da33"],[21,"4f604270ffb83478a416fca6b952271e8a51840496db2f916f7eb23594c002bd","5bc618d1fbd8c01c4dec3fc7cf090a4e32abe545aaad9d79befed5656ef609f2"],[23,"8c4f0b7e2d3e4d06d70bfe8e1f4b6820bf211d3f45f3ce4bbf958c97701c453b","00d6054532a2336db300a7f4fb8554e514c1336625e220578674f250a4fe47ae"],[25,"a8f8ed4d7f4a307ebee65c531ab0852e05240bd23319d304d8faf1e9d3b258fa","1d1a89a5449ec3ed60d60ca74a1f74be3fd9418aa1ad5bdf5ce1b48da29f0ab9"],[27,"a3e7711572779bf5133d9c07413bc75495e0ebd5d5816445d19f0f28f459c0be","e585f8d1537f9bfc509f702501ce7fdbad339bc31f9ea9a329c435b5a193842d"],[29,"24f939d03d3057b3f0009f563eaab5efa9231521ec5ef8df2f935ae8edd416ff","5341f37d94aef773bb625aaa7f69250f969eee4a594bb45526ccc7079e7c6743"]],"evidence_total":13,"evidence_bound":{"events_per_match":200,"oldest_per_match":50,"events":1000,"bytes":16777216}}','','ae5ac2148be28dbf0537a7af5942ccf2d25ad1aca77cb5a6973953e1e1c619a5');
INSERT INTO "audit" VALUES(2,1795927581446891,'vakt','fact.added','8b321970075e67b4e3e4278bacf28b0c','{"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"24 hours after the organisation becomes aware"},{"regime":"nis2-se","stage":"notification","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"72 hours after the organisation becomes aware"},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}]}','{"fact":{"id":1,"fact":"detected","at":"2026-11-29T04:46:21.439091Z","recorded_at":"2026-11-29T04:46:21.446891Z","recorded_by":"vakt","by":"vakt","party":"own","source":"rule a44c76ad-f40b-48c1-af56-04f157390478"},"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"provisional","start":"2026-11-29T04:46:21.439091Z","due":"2026-11-30T04:46:21.439091Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"provisional","start":"2026-11-29T04:46:21.439091Z","due":"2026-12-02T04:46:21.439091Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}],"regimes_version":"2026-11-24"}','ae5ac2148be28dbf0537a7af5942ccf2d25ad1aca77cb5a6973953e1e1c619a5','520d95331424aaebc67df3ed833db6669d1be82234439d1706b5b8ab1b9eb8f6');
INSERT INTO "audit" VALUES(3,1795927581643676,'admin','incident.opened','cb5943a509e639c3cb3ef3a7b0351aba','null','{"incident":{"id":"cb5943a509e639c3cb3ef3a7b0351aba","number":2,"origin":"manual","title":"A customer called","party":"own","drill":false,"historic":false,"stream":"default","rule.id":null,"rule.name":null,"entity":[],"techniques":[],"regimes":["nis2-se","gdpr"],"organisation_configured":false,"detected_at":"2026-11-20T08:00:00Z","opened_at":"2026-11-29T04:46:21.643676Z","opened_by":"admin","first_claimed":null,"first_received":null},"evidence":[]}','520d95331424aaebc67df3ed833db6669d1be82234439d1706b5b8ab1b9eb8f6','7a0025bc2cc3af45a311e29c3b167d5c64fa36e72e077d5c4c95954c409a34b6');
INSERT INTO "audit" VALUES(4,1795927581643676,'admin','fact.added','cb5943a509e639c3cb3ef3a7b0351aba','{"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"24 hours after the organisation becomes aware"},{"regime":"nis2-se","stage":"notification","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"72 hours after the organisation becomes aware"},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"},{"regime":"gdpr","stage":"authority","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"72 hours after the controller becomes aware of the breach"},{"regime":"gdpr","stage":"subjects","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"without undue delay, where the risk to persons is high"}]}','{"fact":{"id":2,"fact":"detected","at":"2026-11-20T08:00:00Z","recorded_at":"2026-11-29T04:46:21.643676Z","recorded_by":"admin","by":"admin","party":"own","source":"opened by hand"},"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"elapsed_unassessed","start":"2026-11-20T08:00:00Z","due":"2026-11-21T08:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"elapsed_unassessed","start":"2026-11-20T08:00:00Z","due":"2026-11-23T08:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"},{"regime":"gdpr","stage":"authority","party":"own","state":"elapsed_unassessed","start":"2026-11-20T08:00:00Z","due":"2026-11-23T08:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"gdpr","stage":"subjects","party":"own","state":"provisional","start":"2026-11-20T08:00:00Z","due":null,"nominal_date":null,"statutory_latest_date":null,"note":"without undue delay, where the risk to persons is high"}],"regimes_version":"2026-11-24"}','7a0025bc2cc3af45a311e29c3b167d5c64fa36e72e077d5c4c95954c409a34b6','fe89636a519691c96d4ae94f07d236f14df3bd586b35788afca7c49f87063159');
INSERT INTO "audit" VALUES(5,1795927582075130,'admin','fact.added','cb5943a509e639c3cb3ef3a7b0351aba','{"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"elapsed_unassessed","start":"2026-11-20T08:00:00Z","due":"2026-11-21T08:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"elapsed_unassessed","start":"2026-11-20T08:00:00Z","due":"2026-11-23T08:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"},{"regime":"gdpr","stage":"authority","party":"own","state":"elapsed_unassessed","start":"2026-11-20T08:00:00Z","due":"2026-11-23T08:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"gdpr","stage":"subjects","party":"own","state":"provisional","start":"2026-11-20T08:00:00Z","due":null,"nominal_date":null,"statutory_latest_date":null,"note":"without undue delay, where the risk to persons is high"}]}','{"fact":{"id":3,"fact":"aware","at":"2026-11-20T09:00:00Z","recorded_at":"2026-11-29T04:46:22.07513Z","recorded_by":"admin","by":"Bo Ek","party":"own","reason":"seen"},"state":"significant","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"overdue","start":"2026-11-20T09:00:00Z","due":"2026-11-21T09:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"overdue","start":"2026-11-20T09:00:00Z","due":"2026-11-23T09:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"},{"regime":"gdpr","stage":"authority","party":"own","state":"elapsed_unassessed","start":"2026-11-20T08:00:00Z","due":"2026-11-23T08:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"gdpr","stage":"subjects","party":"own","state":"provisional","start":"2026-11-20T08:00:00Z","due":null,"nominal_date":null,"statutory_latest_date":null,"note":"without undue delay, where the risk to persons is high"}],"regimes_version":"2026-11-24"}','fe89636a519691c96d4ae94f07d236f14df3bd586b35788afca7c49f87063159','f43aec2818479fbb55567b487cf979a54c615eabdbb0ad01ccf05f15dd22f159');
INSERT INTO "audit" VALUES(6,1795927582105603,'admin','fact.added','cb5943a509e639c3cb3ef3a7b0351aba','{"state":"significant","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"overdue","start":"2026-11-20T09:00:00Z","due":"2026-11-21T09:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"overdue","start":"2026-11-20T09:00:00Z","due":"2026-11-23T09:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"},{"regime":"gdpr","stage":"authority","party":"own","state":"elapsed_unassessed","start":"2026-11-20T08:00:00Z","due":"2026-11-23T08:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"gdpr","stage":"subjects","party":"own","state":"provisional","start":"2026-11-20T08:00:00Z","due":null,"nominal_date":null,"statutory_latest_date":null,"note":"without undue delay, where the risk to persons is high"}]}','{"fact":{"id":4,"fact":"aware_pdb","at":"2026-11-20T10:00:00Z","recorded_at":"2026-11-29T04:46:22.105603Z","recorded_by":"admin","by":"admin","party":"own"},"state":"significant","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"overdue","start":"2026-11-20T09:00:00Z","due":"2026-11-21T09:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"overdue","start":"2026-11-20T09:00:00Z","due":"2026-11-23T09:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"},{"regime":"gdpr","stage":"authority","party":"own","state":"overdue","start":"2026-11-20T10:00:00Z","due":"2026-11-23T10:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"gdpr","stage":"subjects","party":"own","state":"running","start":"2026-11-20T10:00:00Z","due":null,"nominal_date":null,"statutory_latest_date":null,"note":"without undue delay, where the risk to persons is high"}],"regimes_version":"2026-11-24"}','f43aec2818479fbb55567b487cf979a54c615eabdbb0ad01ccf05f15dd22f159','9048a952cb30f8a3b252d9e5658945610952fe70b46c5b624461782c7ddb87fb');
INSERT INTO "audit" VALUES(7,1795927582143465,'admin','fact.added','cb5943a509e639c3cb3ef3a7b0351aba','{"state":"significant","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"overdue","start":"2026-11-20T09:00:00Z","due":"2026-11-21T09:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"overdue","start":"2026-11-20T09:00:00Z","due":"2026-11-23T09:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"},{"regime":"gdpr","stage":"authority","party":"own","state":"overdue","start":"2026-11-20T10:00:00Z","due":"2026-11-23T10:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"gdpr","stage":"subjects","party":"own","state":"running","start":"2026-11-20T10:00:00Z","due":null,"nominal_date":null,"statutory_latest_date":null,"note":"without undue delay, where the risk to persons is high"}]}','{"fact":{"id":5,"fact":"submitted","at":"2026-11-20T20:00:00Z","recorded_at":"2026-11-29T04:46:22.143465Z","recorded_by":"admin","by":"admin","party":"own","report":"early_warning","reference":"A-1"},"state":"early_warned","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"met","start":"2026-11-20T09:00:00Z","due":"2026-11-21T09:00:00Z","nominal_date":null,"statutory_latest_date":null,"met_at":"2026-11-20T20:00:00Z"},{"regime":"nis2-se","stage":"notification","party":"own","state":"overdue","start":"2026-11-20T09:00:00Z","due":"2026-11-23T09:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"},{"regime":"gdpr","stage":"authority","party":"own","state":"overdue","start":"2026-11-20T10:00:00Z","due":"2026-11-23T10:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"gdpr","stage":"subjects","party":"own","state":"running","start":"2026-11-20T10:00:00Z","due":null,"nominal_date":null,"statutory_latest_date":null,"note":"without undue delay, where the risk to persons is high"}],"regimes_version":"2026-11-24"}','9048a952cb30f8a3b252d9e5658945610952fe70b46c5b624461782c7ddb87fb','e8c68a1825935305ec1bd6da3359e832687d57f30d8a15132430ce91ada191d9');
INSERT INTO "audit" VALUES(8,1795927582178578,'admin','fact.added','cb5943a509e639c3cb3ef3a7b0351aba','{"state":"early_warned","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"met","start":"2026-11-20T09:00:00Z","due":"2026-11-21T09:00:00Z","nominal_date":null,"statutory_latest_date":null,"met_at":"2026-11-20T20:00:00Z"},{"regime":"nis2-se","stage":"notification","party":"own","state":"overdue","start":"2026-11-20T09:00:00Z","due":"2026-11-23T09:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"},{"regime":"gdpr","stage":"authority","party":"own","state":"overdue","start":"2026-11-20T10:00:00Z","due":"2026-11-23T10:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"gdpr","stage":"subjects","party":"own","state":"running","start":"2026-11-20T10:00:00Z","due":null,"nominal_date":null,"statutory_latest_date":null,"note":"without undue delay, where the risk to persons is high"}]}','{"fact":{"id":6,"fact":"submitted","at":"2026-11-22T20:00:00Z","recorded_at":"2026-11-29T04:46:22.178578Z","recorded_by":"admin","by":"admin","party":"own","report":"notification","reference":"A-2"},"state":"notified","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"met","start":"2026-11-20T09:00:00Z","due":"2026-11-21T09:00:00Z","nominal_date":null,"statutory_latest_date":null,"met_at":"2026-11-20T20:00:00Z"},{"regime":"nis2-se","stage":"notification","party":"own","state":"met","start":"2026-11-20T09:00:00Z","due":"2026-11-23T09:00:00Z","nominal_date":null,"statutory_latest_date":null,"met_at":"2026-11-22T20:00:00Z"},{"regime":"nis2-se","stage":"final","party":"own","state":"running","start":"2026-11-22T20:00:00Z","due":"2026-12-22T23:00:00Z","nominal_date":"2026-12-22","statutory_latest_date":"2026-12-22","note":"while the incident still goes on then, a progress report is due instead"},{"regime":"gdpr","stage":"authority","party":"own","state":"overdue","start":"2026-11-20T10:00:00Z","due":"2026-11-23T10:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"gdpr","stage":"subjects","party":"own","state":"running","start":"2026-11-20T10:00:00Z","due":null,"nominal_date":null,"statutory_latest_date":null,"note":"without undue delay, where the risk to persons is high"}],"regimes_version":"2026-11-24"}','e8c68a1825935305ec1bd6da3359e832687d57f30d8a15132430ce91ada191d9','783f78435a2c6745337807d0b24e60b994759c72696169c7ee4e0d9c939eb9e2');
INSERT INTO "audit" VALUES(9,1795927582205237,'admin','fact.added','cb5943a509e639c3cb3ef3a7b0351aba','{"state":"notified","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"met","start":"2026-11-20T09:00:00Z","due":"2026-11-21T09:00:00Z","nominal_date":null,"statutory_latest_date":null,"met_at":"2026-11-20T20:00:00Z"},{"regime":"nis2-se","stage":"notification","party":"own","state":"met","start":"2026-11-20T09:00:00Z","due":"2026-11-23T09:00:00Z","nominal_date":null,"statutory_latest_date":null,"met_at":"2026-11-22T20:00:00Z"},{"regime":"nis2-se","stage":"final","party":"own","state":"running","start":"2026-11-22T20:00:00Z","due":"2026-12-22T23:00:00Z","nominal_date":"2026-12-22","statutory_latest_date":"2026-12-22","note":"while the incident still goes on then, a progress report is due instead"},{"regime":"gdpr","stage":"authority","party":"own","state":"overdue","start":"2026-11-20T10:00:00Z","due":"2026-11-23T10:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"gdpr","stage":"subjects","party":"own","state":"running","start":"2026-11-20T10:00:00Z","due":null,"nominal_date":null,"statutory_latest_date":null,"note":"without undue delay, where the risk to persons is high"}]}','{"fact":{"id":7,"fact":"authority_request","at":"2026-11-23T08:00:00Z","recorded_at":"2026-11-29T04:46:22.205237Z","recorded_by":"admin","by":"admin","party":"own","due":"2026-11-25T12:00:00Z"},"state":"notified","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"met","start":"2026-11-20T09:00:00Z","due":"2026-11-21T09:00:00Z","nominal_date":null,"statutory_latest_date":null,"met_at":"2026-11-20T20:00:00Z"},{"regime":"nis2-se","stage":"notification","party":"own","state":"met","start":"2026-11-20T09:00:00Z","due":"2026-11-23T09:00:00Z","nominal_date":null,"statutory_latest_date":null,"met_at":"2026-11-22T20:00:00Z"},{"regime":"nis2-se","stage":"intermediate","party":"own","state":"overdue","start":"2026-11-23T08:00:00Z","due":"2026-11-25T12:00:00Z","nominal_date":null,"statutory_latest_date":null,"note":"without undue delay, or by the date that the request sets"},{"regime":"nis2-se","stage":"final","party":"own","state":"running","start":"2026-11-22T20:00:00Z","due":"2026-12-22T23:00:00Z","nominal_date":"2026-12-22","statutory_latest_date":"2026-12-22","note":"while the incident still goes on then, a progress report is due instead"},{"regime":"gdpr","stage":"authority","party":"own","state":"overdue","start":"2026-11-20T10:00:00Z","due":"2026-11-23T10:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"gdpr","stage":"subjects","party":"own","state":"running","start":"2026-11-20T10:00:00Z","due":null,"nominal_date":null,"statutory_latest_date":null,"note":"without undue delay, where the risk to persons is high"}],"regimes_version":"2026-11-24"}','783f78435a2c6745337807d0b24e60b994759c72696169c7ee4e0d9c939eb9e2','c05c6b1fc397cb852a2b86a1e16c85904f92bc86a204930d1b5c220de8854561');
INSERT INTO "audit" VALUES(10,1795927582224350,'admin','fact.added','8b321970075e67b4e3e4278bacf28b0c','{"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"provisional","start":"2026-11-29T04:46:21.439091Z","due":"2026-11-30T04:46:21.439091Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"provisional","start":"2026-11-29T04:46:21.439091Z","due":"2026-12-02T04:46:21.439091Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}]}','{"fact":{"id":8,"fact":"dismissed","at":"2026-11-29T04:46:00Z","recorded_at":"2026-11-29T04:46:22.22435Z","recorded_by":"admin","by":"admin","party":"own","reason":"a drill"},"state":"dismissed","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"cancelled","start":"2026-11-29T04:46:21.439091Z","due":"2026-11-30T04:46:21.439091Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"cancelled","start":"2026-11-29T04:46:21.439091Z","due":"2026-12-02T04:46:21.439091Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"cancelled","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null}],"regimes_version":"2026-11-24"}','c05c6b1fc397cb852a2b86a1e16c85904f92bc86a204930d1b5c220de8854561','09025f58c0f021f9132715dec21cbe253387e182898efa61334f0e5089664e8d');
INSERT INTO "audit" VALUES(11,1795938848358922,'vakt','regimes.changed','2026-11-29','null','{"regimes_version":"2026-11-29","regimes_hash":"cace1a453bdc70719dc1255b690938826734ee674e95c1ca222ab3095eb1cd57","tzdata":"2026f"}','09025f58c0f021f9132715dec21cbe253387e182898efa61334f0e5089664e8d','75e68a1b31642384c79a0312ba8070b8303783299006df960a77b8824ed53726');
INSERT INTO "audit" VALUES(12,1795938848530580,'vakt','incident.opened','0004c9837aeabee69970dcc0cf1c1985','null','{"incident":{"id":"0004c9837aeabee69970dcc0cf1c1985","number":3,"origin":"detection","title":"SSH login succeeds after many failures: 203.0.113.7","party":"own","drill":false,"historic":false,"stream":"default","rule.id":"a44c76ad-f40b-48c1-af56-04f157390478","rule.name":"SSH login succeeds after many failures","entity":[["source.ip","203.0.113.7"]],"techniques":["T1021.004","T1078","T1110.001"],"regimes":["nis2-se"],"organisation_configured":false,"detected_at":"2026-11-29T07:54:08.480098Z","opened_at":"2026-11-29T07:54:08.53058Z","opened_by":"vakt","first_claimed":"2026-11-29T07:54:08Z","first_received":"2026-11-29T07:54:08.477855Z"},"alert":"5ac13b67d5b1e4caf4ca78288c59b23c","evidence":[[44,"29fe799438760c82d9a7133eb2707c16dab9ffad534a40c65e95884d00956030","7656ae74e8950196a5261c01f563dcc5434d767f9e56297b1d011260cb1556e3"],[45,"bfd15f30102f8110a5463193e27ede1c121e0be52c28d7123a2d394d8566b302","fcca81cc084b330712094e5218f28841293d9efc8a630b5723d70c90b62c729c"],[46,"a1ba20fe6103bcdd575bf08e287c3c0be11b29c76496ca6a38b712c4cf869ebb","489c9520e6cffc595781db15b14c0b9ccb9489bf0f71e2c617dfa93ef6619ef5"],[47,"a00081d937155354aff1fb72215fe006277397d88f1a5e7cc10c397bb16769a2","e539c075e3ace7942b7a9ded2ef7ed865865f539bd66f6bd691447435d767af8"],[48,"c8a37583fbc0fa7388b9b9fd762eeaa21206e5d88c8c52d0d80b1d72e74c15ec","09f1ceac12b53e5c4c3df512bedae4e7f1e3c09bbe50e9533575ec16142d77e8"],[49,"f25fc321f8f846949d11c954720167e47bd5b253d85db64226118758a16387ae","6c84bde175147a99276cd024a1d7afca438b7a3852422a0823d1ec4578bae33e"],[50,"1cd63c0a93f5f5fde2bf4fc10b655b4a6e87be03f28f8b6e2f3ba2650bbbb799","ef261f83bfe788dca0fd395429187013a686f3f394a81627d3351b62cd1813c7"],[51,"3165e451e832249a137af6264d7a3049ad87fe1ce8d9717416e5978fafdd3394","22ff16e7a5403a0468a159fc59b2788334e4e5a6c20963dd7ac552f350a0482c"],[52,"60b146ecb11344bf2a331c26f68644a93265eb6d2c26d70d1381ba4b54517b6d","cf923b009246250abaf0367cc05658478555fe6f6c5ad2cd677761b1b8ff0c50"],[53,"b24ea2f222dc178f6dd569df5074bf6ab12551891baf5ffb9233ec5753fe1c1c","6b5ca33a76377269b3c509127f77d13cc6c86715cfd6a45fe76c77b048d51a14"],[54,"8eaf05ac9a3dbc4ebd723a4381c21dc3636f1b1a7638ede62a06fc612dfdd28a","19f20f2bc2e0b7308145edf926d97c132de8cfd4f7214754b316d6fb110cb86b"],[55,"78842ee69756f87e474dea8340af064e94af9557a33ed4b2539fff0713296fd4","53b00335b1a62e40eb692e96b4824c0db12b22e93a282ee6a7f71cc2058d0971"],[56,"0d46536c46f07f71abadb59316be01e291063fd51e838574016ad233d5e3c065","7b7fa4427693bebc993add5435e0a117d5efaf5f53cbf5afeacac62c2a9b4b10"]],"evidence_total":13,"evidence_bound":{"events_per_match":200,"oldest_per_match":50,"events":1000,"bytes":16777216}}','75e68a1b31642384c79a0312ba8070b8303783299006df960a77b8824ed53726','fa1e8b269aca848d9df2417aa9a133b73ee82362583ff38dff8871e32246475e');
INSERT INTO "audit" VALUES(13,1795938848530580,'vakt','fact.added','0004c9837aeabee69970dcc0cf1c1985','{"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"24 hours after the organisation becomes aware"},{"regime":"nis2-se","stage":"notification","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"72 hours after the organisation becomes aware"},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}]}','{"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"provisional","start":"2026-11-29T07:54:08.480098Z","due":"2026-11-30T07:54:08.480098Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"provisional","start":"2026-11-29T07:54:08.480098Z","due":"2026-12-02T07:54:08.480098Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}],"regimes_version":"2026-11-29","regimes_hash":"cace1a453bdc70719dc1255b690938826734ee674e95c1ca222ab3095eb1cd57","tzdata":"2026f","fact":{"id":9,"fact":"detected","at":"2026-11-29T07:54:08.480098Z","recorded_at":"2026-11-29T07:54:08.53058Z","recorded_by":"vakt","by":"vakt","party":"own","source":"rule a44c76ad-f40b-48c1-af56-04f157390478"}}','fa1e8b269aca848d9df2417aa9a133b73ee82362583ff38dff8871e32246475e','f78501cc318f50af05dad6b9b27ff9d6d8b829d63ec39c4702b638dbd5e7a887');
INSERT INTO "audit" VALUES(14,1795500000000000,'vakt','regimes.changed','2026-11-29','"cace1a453bdc70719dc1255b690938826734ee674e95c1ca222ab3095eb1cd57 2026f"','{"regimes_version":"2026-11-29","regimes_hash":"dfe321378cc76d36dda9d02860520a898b9dc420b822da53c7df6257efe5897c","tzdata":"2026f"}','f78501cc318f50af05dad6b9b27ff9d6d8b829d63ec39c4702b638dbd5e7a887','20ceaed0e7d0103a2081fc01f924cad7846dcfc9ecb24d698498dc6ea13ba353');
INSERT INTO "audit" VALUES(15,1795928400000000,'vakt','regimes.changed','2026-11-29','"dfe321378cc76d36dda9d02860520a898b9dc420b822da53c7df6257efe5897c 2026f"','{"regimes_version":"2026-11-29","regimes_hash":"00a61e64be6d9435699b5d65e4fc24d04224d74950a9bad930c0d7010743b92e","tzdata":"2026f"}','20ceaed0e7d0103a2081fc01f924cad7846dcfc9ecb24d698498dc6ea13ba353','67d02b3d408d775599d27bd1548f01676aaf7133fe37bb7c25b3386e1b4b0b47');
INSERT INTO "audit" VALUES(16,1795928400000000,'vakt','service.said','portal','null','{"seq":1,"service":"portal","drill":false,"stream":"default","says":"complete","at":"2026-11-29T05:00:00Z","noticed_at":"2026-11-29T05:00:00Z","rule":"9b2d6a34-58c1-4a0e-9d58-0e5b8f1d7a01","position":57,"original":"e8c38e461cd9c77d00aaa9a8f909c3a6c6d3b9e31d2f4adcdc0ae6d0223da69e","fields":"c9780b4edb3f5ca726d20d831b6a4067334bed63eca197bc5a9e5fff043cc7ed","claimed":1795928400000000,"received":1795928400000000}','67d02b3d408d775599d27bd1548f01676aaf7133fe37bb7c25b3386e1b4b0b47','3963becb4e67675221ef870587c735f39437a3960b746d5e7475a210f5bca8a3');
INSERT INTO "audit" VALUES(17,1795930260000000,'vakt','incident.opened','1ad459e2d4f7d407989ce2efc737c7f1','null','{"incident":{"id":"1ad459e2d4f7d407989ce2efc737c7f1","number":4,"origin":"outage","title":"Outage of portal","party":"own","drill":false,"historic":false,"stream":"default","rule.id":null,"rule.name":null,"entity":[["vakt.service","portal"]],"techniques":[],"regimes":["nis2-se"],"organisation_configured":true,"detected_at":"2026-11-29T05:00:00Z","opened_at":"2026-11-29T05:31:00Z","opened_by":"vakt","first_claimed":"2026-11-29T05:00:00Z","first_received":"2026-11-29T05:00:00Z"},"why":"portal is away: event 57 of rule 9b2d6a34-58c1-4a0e-9d58-0e5b8f1d7a01","alerts":["2c5660c916e4ac8c4706af42dacc098f"],"evidence":[[57,"e8c38e461cd9c77d00aaa9a8f909c3a6c6d3b9e31d2f4adcdc0ae6d0223da69e","c9780b4edb3f5ca726d20d831b6a4067334bed63eca197bc5a9e5fff043cc7ed",1795928400000000,1795928400000000]],"evidence_bound":{"events_per_match":200,"oldest_per_match":50,"events":1000,"bytes":16777216}}','3963becb4e67675221ef870587c735f39437a3960b746d5e7475a210f5bca8a3','65251d5cec0aecb5a165d445dc9c798625ef0637df9a8f40f43955e70c1b241e');
INSERT INTO "audit" VALUES(18,1795930260000000,'vakt','fact.added','1ad459e2d4f7d407989ce2efc737c7f1','{"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"24 hours after the organisation becomes aware"},{"regime":"nis2-se","stage":"notification","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"72 hours after the organisation becomes aware"},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}]}','{"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"provisional","start":"2026-11-29T05:00:00Z","due":"2026-11-30T05:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"provisional","start":"2026-11-29T05:00:00Z","due":"2026-12-02T05:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}],"regimes_version":"2026-11-29","regimes_hash":"00a61e64be6d9435699b5d65e4fc24d04224d74950a9bad930c0d7010743b92e","tzdata":"2026f","fact":{"id":10,"fact":"detected","at":"2026-11-29T05:00:00Z","recorded_at":"2026-11-29T05:31:00Z","recorded_by":"vakt","by":"vakt","party":"own","source":"event 57 of rule 9b2d6a34-58c1-4a0e-9d58-0e5b8f1d7a01"}}','65251d5cec0aecb5a165d445dc9c798625ef0637df9a8f40f43955e70c1b241e','69a83d8c0ae835189cea5b1a7c64a88cf5d9aa756c33cb4a644b007598f748c6');
INSERT INTO "audit" VALUES(19,1795930260000000,'vakt','fact.added','1ad459e2d4f7d407989ce2efc737c7f1','{"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"provisional","start":"2026-11-29T05:00:00Z","due":"2026-11-30T05:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"provisional","start":"2026-11-29T05:00:00Z","due":"2026-12-02T05:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}]}','{"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"provisional","start":"2026-11-29T05:00:00Z","due":"2026-11-30T05:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"provisional","start":"2026-11-29T05:00:00Z","due":"2026-12-02T05:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}],"regimes_version":"2026-11-29","regimes_hash":"00a61e64be6d9435699b5d65e4fc24d04224d74950a9bad930c0d7010743b92e","tzdata":"2026f","fact":{"id":11,"fact":"service_lost","at":"2026-11-29T05:00:00Z","recorded_at":"2026-11-29T05:31:00Z","recorded_by":"vakt","by":"vakt","party":"own","source":"event 57 of rule 9b2d6a34-58c1-4a0e-9d58-0e5b8f1d7a01","fields":{"service":"portal","kind":"complete"}}}','69a83d8c0ae835189cea5b1a7c64a88cf5d9aa756c33cb4a644b007598f748c6','e8b8307598484f2dec0a3647479bba4e573d70a5829ab0680bd9fcc23a808399');
INSERT INTO "audit" VALUES(20,1795930260000000,'vakt','fact.added','1ad459e2d4f7d407989ce2efc737c7f1','{"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"provisional","start":"2026-11-29T05:00:00Z","due":"2026-11-30T05:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"provisional","start":"2026-11-29T05:00:00Z","due":"2026-12-02T05:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}]}','{"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"provisional","start":"2026-11-29T05:00:00Z","due":"2026-11-30T05:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"provisional","start":"2026-11-29T05:00:00Z","due":"2026-12-02T05:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}],"regimes_version":"2026-11-29","regimes_hash":"00a61e64be6d9435699b5d65e4fc24d04224d74950a9bad930c0d7010743b92e","tzdata":"2026f","fact":{"id":12,"fact":"criterion_met","at":"2026-11-29T05:30:00.000001Z","recorded_at":"2026-11-29T05:31:00Z","recorded_by":"vakt","by":"vakt","party":"own","reason":"MSP-a (Art. 10(a)) of portal","source":"event 57 of rule 9b2d6a34-58c1-4a0e-9d58-0e5b8f1d7a01","fields":{"criterion":"MSP-a","citation":"Art. 10(a)","entity_type":"msp","service":"portal","kind":"complete","since":"2026-11-29T05:00:00Z","at_by_overrun":"2026-11-29T05:30:00.000001Z","data":"2026-11-29"}}}','e8b8307598484f2dec0a3647479bba4e573d70a5829ab0680bd9fcc23a808399','2df5136a2b35ac1f087bec7c3e12acbeb03e2426cd00d8d46c4037d20749f72c');
INSERT INTO "audit" VALUES(21,1795930260000000,'admin','significance.answered','1ad459e2d4f7d407989ce2efc737c7f1','{"newest":[null]}','{"answers":[{"id":1,"party":"own","service":"portal","input":"users_limited","value":"21","source":"estimate","recorded_by":"admin","recorded_at":"2026-11-29T05:31:00Z"}]}','2df5136a2b35ac1f087bec7c3e12acbeb03e2426cd00d8d46c4037d20749f72c','5ff981e0df9a7f0e57c5612d4089280b615b3e353307a73c51b3da92eb7ee0fa');
INSERT INTO "audit" VALUES(22,1795930260000000,'admin','document.kept','1ad459e2d4f7d407989ce2efc737c7f1','null','{"document":{"id":1,"party":"own","regime":"nis2-se","stage":"early_warning","kind":"report","version":1,"language":"sv","tlp":"TLP:AMBER+STRICT","author":"admin","at":"2026-11-29T05:31:00Z","missing":["suspected_malicious_or_unlawful","effect_on_sector_activity","consequences_actual_or_feared"],"files":[{"id":1,"role":"json","name":"early_warning.sv.v1.json","bytes":8312,"sha256":"aa32eb159e68d3b56cb1d647d199c1651870df6cfd9ed96e281a6b769269f8cb","blake3":"27b4140c7d3b82f87b6de2ecae40bbdb89636657f1a820564563f0bff5442f33","recorded_by":"admin","at":"2026-11-29T05:31:00Z"},{"id":2,"role":"md","name":"early_warning.sv.v1.md","bytes":3436,"sha256":"e1604920699cca0b60b4a6b22db2a9edbf6bc9b86a8d585c590b0afff1b67074","blake3":"57f864adba200ad54c4c822c4ffcafffc13367c6acf50dfec27968175498e5d5","recorded_by":"admin","at":"2026-11-29T05:31:00Z"},{"id":3,"role":"html","name":"early_warning.sv.v1.html","bytes":6275,"sha256":"7e67c7e44eeaeb2e8c432d6d163a36a6c37e4bd31fd24d35c6050323c1f94bce","blake3":"0a5ea3749f8535d22a9cc08a5626ead7a5bb85df5671113c3901791e2c8ab968","recorded_by":"admin","at":"2026-11-29T05:31:00Z"}],"submissions":[]}}','5ff981e0df9a7f0e57c5612d4089280b615b3e353307a73c51b3da92eb7ee0fa','6bab964db766dff0294ca2e541513bada6f74ddaaa49cf5dd1d0746574fed7bc');
INSERT INTO "audit" VALUES(23,1795930260000000,'admin','document.marked','1ad459e2d4f7d407989ce2efc737c7f1','{"mark":"tlp","value":null}','{"mark":"tlp","value":"TLP:AMBER"}','6bab964db766dff0294ca2e541513bada6f74ddaaa49cf5dd1d0746574fed7bc','b9f1af51d8e73c19ab8ae861e92cb788584808bf4d4348c2d175d80c5bbb7082');
INSERT INTO "audit" VALUES(24,1795930260000000,'admin','fact.added','1ad459e2d4f7d407989ce2efc737c7f1','{"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"provisional","start":"2026-11-29T05:00:00Z","due":"2026-11-30T05:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"provisional","start":"2026-11-29T05:00:00Z","due":"2026-12-02T05:00:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}]}','{"state":"early_warned","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"met","start":"2026-11-29T05:31:00Z","due":"2026-11-30T05:31:00Z","nominal_date":null,"statutory_latest_date":null,"met_at":"2026-11-29T05:31:00Z"},{"regime":"nis2-se","stage":"notification","party":"own","state":"running","start":"2026-11-29T05:31:00Z","due":"2026-12-02T05:31:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}],"regimes_version":"2026-11-29","regimes_hash":"00a61e64be6d9435699b5d65e4fc24d04224d74950a9bad930c0d7010743b92e","tzdata":"2026f","fact":{"id":13,"fact":"submitted","at":"2026-11-29T05:31:00Z","recorded_at":"2026-11-29T05:31:00Z","recorded_by":"admin","by":"admin","party":"own","report":"early_warning","regime":"nis2-se","reference":"X-1","source":"command","fields":{"organisation_name":"Fjällnät IT AB","organisation_number":"559000-0000","contact":"jour@fjallnat.example","incident_ongoing":"Ja","course_of_events":"2026-11-29 kl. 06.00.00 (UTC+01:00): Incidenten upptäcktes\n2026-11-29 kl. 06.00.00 (UTC+01:00): En tjänst slutade att fungera\n2026-11-29 kl. 06.00.00 (UTC+01:00): Larm från regeln ”The portal does not answer”, avser web1 (1 händelse till och med 2026-11-29 kl. 06.00.00 (UTC+01:00))","detected_at":"2026-11-29 kl. 06.00.00 (UTC+01:00)","detection_method":"Automatiskt, genom en regel i verksamhetens loggövervakning: ”The portal does not answer”","document":{"id":1,"version":1,"file":2,"name":"early_warning.sv.v1.md","sha256":"e1604920699cca0b60b4a6b22db2a9edbf6bc9b86a8d585c590b0afff1b67074","blake3":"57f864adba200ad54c4c822c4ffcafffc13367c6acf50dfec27968175498e5d5"}}}}','b9f1af51d8e73c19ab8ae861e92cb788584808bf4d4348c2d175d80c5bbb7082','2efa2998892c11df800b2b359a30e1c3089044b803051d5a46c0fd5969245649');
INSERT INTO "audit" VALUES(25,1795930260000000,'admin','document.submitted','1ad459e2d4f7d407989ce2efc737c7f1','null','{"submitted":1,"submission":{"id":1,"fact":13,"file":2,"correction":false,"sent_at":"2026-11-29T05:31:00Z","recorded_by":"admin","at":"2026-11-29T05:31:00Z"}}','2efa2998892c11df800b2b359a30e1c3089044b803051d5a46c0fd5969245649','60b505c30c3591a905d1a827b72c327d10f94b7e8487170cab9e96a0505616d4');
INSERT INTO "audit" VALUES(26,1795930260000000,'admin','note.added','1ad459e2d4f7d407989ce2efc737c7f1','null','{"note":{"id":1,"incident":"1ad459e2d4f7d407989ce2efc737c7f1","kind":"decision","text":"called the supplier","at":"2026-11-29T05:31:00Z","recorded_at":"2026-11-29T05:31:00Z","recorded_by":"admin"}}','60b505c30c3591a905d1a827b72c327d10f94b7e8487170cab9e96a0505616d4','c1853c4c3426b01a05ddb237df5439b2d90d063cccf46a14036dce06d0a7323f');
INSERT INTO "audit" VALUES(27,1795930260000000,'admin','attachment.added','1ad459e2d4f7d407989ce2efc737c7f1','null','{"attachment":{"blake3":"ba78c21f37a7ddcaef4b11d25fb9b6aea0e919801110eea3ca69e240da1f1a5f","incident":"1ad459e2d4f7d407989ce2efc737c7f1","sha256":"bdcf4c994585af6dd6cb1cfbff78bcc73ab27dc30a299db5bb83766ca05b5de4","bytes":9,"name":"e.txt","media_type":"application/octet-stream","recorded_at":"2026-11-29T05:31:00Z","recorded_by":"admin"}}','c1853c4c3426b01a05ddb237df5439b2d90d063cccf46a14036dce06d0a7323f','e3c58a786fc91bdfede435519518e77eb71785931c0bb0ce84ab31e065d21438');
INSERT INTO "audit" VALUES(28,1795930260000000,'admin','task.added','1ad459e2d4f7d407989ce2efc737c7f1','null','{"task":{"id":"6a3510025cb4a8b8608b3f1037c25b1c","incident":"1ad459e2d4f7d407989ce2efc737c7f1","title":"look at the disk","owner":null,"due":"2026-11-29T07:31:00Z","phase":"analysis","state":"open","reason":null,"created_at":"2026-11-29T05:31:00Z","created_by":"admin","changed_at":"2026-11-29T05:31:00Z","changed_by":"admin","version":1}}','e3c58a786fc91bdfede435519518e77eb71785931c0bb0ce84ab31e065d21438','53d0038efd13eb7ad10c0666028499f9264613bfe784ca031c3389929254ba80');
INSERT INTO "audit" VALUES(29,1795930260000000,'admin','review.written','1ad459e2d4f7d407989ce2efc737c7f1','{"review":{"incident":"1ad459e2d4f7d407989ce2efc737c7f1","root_cause_family":null,"root_cause":"","scope":"","lessons":"","no_actions":"","written_at":null,"written_by":null,"version":0}}','{"review":{"incident":"1ad459e2d4f7d407989ce2efc737c7f1","root_cause_family":null,"root_cause":"A certificate","scope":"","lessons":"","no_actions":"","written_at":"2026-11-29T05:31:00Z","written_by":"admin","version":1}}','53d0038efd13eb7ad10c0666028499f9264613bfe784ca031c3389929254ba80','4956853d40b108d9d55dbb033969892ff187ab81f889027e0cbafb25fb5e1d23');
INSERT INTO "audit" VALUES(30,1795930260000000,'admin','quarter.reviewed','1903c48fae8441e16ccc2e00c470a8f6','null','{"id":"1903c48fae8441e16ccc2e00c470a8f6","quarter":"2026-Q3","signed_by":"Ada","recorded_by":"admin","recorded_at":"2026-11-29T05:31:00Z","note":"none","looked_at":"a266e9707f9219d2c69e3b2a6287fb392bbeb175f80d132a56ddf49223afc06d","hash":"a266e9707f9219d2c69e3b2a6287fb392bbeb175f80d132a56ddf49223afc06d"}','4956853d40b108d9d55dbb033969892ff187ab81f889027e0cbafb25fb5e1d23','9e191cb49291b5e9bb9475207724a24ea3531d721f675b4bf24f2ca57d3e04c8');
INSERT INTO "audit" VALUES(31,1795930260000000,'report:anonymous','incident.opened','119d2e8e84d531c9f11d112d152d1a24','null','{"incident":{"id":"119d2e8e84d531c9f11d112d152d1a24","number":5,"origin":"report","title":"Report from somebody anonymous","party":"own","drill":false,"historic":false,"stream":"default","rule.id":null,"rule.name":null,"entity":[],"techniques":[],"regimes":["nis2-se"],"organisation_configured":true,"detected_at":"2026-11-29T05:31:00Z","opened_at":"2026-11-29T05:31:00Z","opened_by":"report:anonymous","first_claimed":null,"first_received":null},"evidence":[]}','9e191cb49291b5e9bb9475207724a24ea3531d721f675b4bf24f2ca57d3e04c8','1146834d67f4f5bccff5b1212c0db0a99c087d72e07de014c0cd4024d663a8a0');
INSERT INTO "audit" VALUES(32,1795930260000000,'report:anonymous','report.received','119d2e8e84d531c9f11d112d152d1a24','null','{"report":{"receipt":"D9E31DA4F99B","incident":"119d2e8e84d531c9f11d112d152d1a24","source":"anonymous","party":null,"sender":null,"time":"","description":"Mail with a link","contact":null,"files":[],"received_at":"2026-11-29T05:31:00Z"}}','1146834d67f4f5bccff5b1212c0db0a99c087d72e07de014c0cd4024d663a8a0','1c7cde3193b38bba8e6e13dbfb243b139d5cac0afc8485d82306a7164923cab2');
INSERT INTO "audit" VALUES(33,1795930260000000,'report:anonymous','fact.added','119d2e8e84d531c9f11d112d152d1a24','{"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"24 hours after the organisation becomes aware"},{"regime":"nis2-se","stage":"notification","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"72 hours after the organisation becomes aware"},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}]}','{"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"provisional","start":"2026-11-29T05:31:00Z","due":"2026-11-30T05:31:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"provisional","start":"2026-11-29T05:31:00Z","due":"2026-12-02T05:31:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}],"regimes_version":"2026-11-29","regimes_hash":"00a61e64be6d9435699b5d65e4fc24d04224d74950a9bad930c0d7010743b92e","tzdata":"2026f","fact":{"id":14,"fact":"detected","at":"2026-11-29T05:31:00Z","recorded_at":"2026-11-29T05:31:00Z","recorded_by":"report:anonymous","by":"somebody anonymous","party":"own","reason":"report D9E31DA4F99B","source":"report"}}','1c7cde3193b38bba8e6e13dbfb243b139d5cac0afc8485d82306a7164923cab2','f6f1a80849f7fd1c5c98fe5269b6bc89ecb3d9e3cd741c7d7f64ebb8ef855f40');
INSERT INTO "audit" VALUES(34,1795930260000000,'report:anonymous','fact.added','119d2e8e84d531c9f11d112d152d1a24','{"state":"draft","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"provisional","start":"2026-11-29T05:31:00Z","due":"2026-11-30T05:31:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"provisional","start":"2026-11-29T05:31:00Z","due":"2026-12-02T05:31:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}]}','{"state":"assessing","clocks":[{"regime":"nis2-se","stage":"early_warning","party":"own","state":"provisional","start":"2026-11-29T05:31:00Z","due":"2026-11-30T05:31:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"notification","party":"own","state":"provisional","start":"2026-11-29T05:31:00Z","due":"2026-12-02T05:31:00Z","nominal_date":null,"statutory_latest_date":null},{"regime":"nis2-se","stage":"final","party":"own","state":"projected","start":null,"due":null,"nominal_date":null,"statutory_latest_date":null,"note":"one month after the notification is submitted"}],"regimes_version":"2026-11-29","regimes_hash":"00a61e64be6d9435699b5d65e4fc24d04224d74950a9bad930c0d7010743b92e","tzdata":"2026f","fact":{"id":15,"fact":"assessment_started","at":"2026-11-29T05:31:00Z","recorded_at":"2026-11-29T05:31:00Z","recorded_by":"report:anonymous","by":"somebody anonymous","party":"own","reason":"report D9E31DA4F99B","source":"report"}}','f6f1a80849f7fd1c5c98fe5269b6bc89ecb3d9e3cd741c7d7f64ebb8ef855f40','b2fd28461dc5b62d995cb50e9227fb9882b941cc09b4241247fcc492bd93a579');
INSERT INTO "audit" VALUES(35,1795930260000000,'admin','register.written','cb5943a509e639c3cb3ef3a7b0351aba','null','{"texts":{"facts":null,"effects":"none","remedial_action":null,"not_notified_reason":null},"version":1}','b2fd28461dc5b62d995cb50e9227fb9882b941cc09b4241247fcc492bd93a579','83f896ca2c721cd43e61b5f5fecfe04433e2a1a9ce48a35a5dd79ec7bbcecd05');
CREATE TABLE breach_entries (
    incident INTEGER PRIMARY KEY REFERENCES incidents (seq),
    facts TEXT,
    effects TEXT,
    remedial_action TEXT,
    not_notified_reason TEXT,
    recorded_by TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
INSERT INTO "breach_entries" VALUES(2,NULL,'none',NULL,NULL,'admin',1795930260000000,1);
CREATE TABLE coverage_reasons (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    asset TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    review_by INTEGER NOT NULL,
    ended_at INTEGER,
    ended_by TEXT,
    end_reason TEXT
) STRICT;
CREATE TABLE coverage_signatures (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    signed_by TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    hash TEXT NOT NULL,
    matrix TEXT NOT NULL,
    note TEXT,
    incident TEXT,
    due INTEGER NOT NULL
) STRICT;
CREATE TABLE criterion_told (
    service TEXT NOT NULL,
    drill INTEGER NOT NULL,
    since INTEGER NOT NULL,
    kind TEXT NOT NULL,
    criterion TEXT NOT NULL,
    step INTEGER NOT NULL,
    -- The fact was recorded.
    is_met INTEGER NOT NULL,
    PRIMARY KEY (service, drill, since, kind, criterion)
) STRICT, WITHOUT ROWID;
INSERT INTO "criterion_told" VALUES('portal',0,1795928400000000,'complete','MSP-a',2,1);
CREATE TABLE deliveries (
    notice INTEGER NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
    output TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'given_up', 'folded')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt INTEGER NOT NULL,
    routed_at INTEGER NOT NULL,
    -- It waits for others of its kind, which are folded into it.
    held INTEGER NOT NULL DEFAULT 0,
    -- Counts by kind and the first of those that were folded into it.
    digest TEXT,
    settled_at INTEGER,
    error TEXT, urgent INTEGER NOT NULL DEFAULT 0, taken TEXT,
    PRIMARY KEY (notice, output)
) STRICT, WITHOUT ROWID;
INSERT INTO "deliveries" VALUES(1,'hook','given_up',0,1795500000000000,1795500000000000,0,NULL,1795928400000000,NULL,0,NULL);
CREATE TABLE document_approvals (
    document INTEGER PRIMARY KEY REFERENCES documents (seq),
    approved_by TEXT NOT NULL,
    at INTEGER NOT NULL,
    reason TEXT
) STRICT;
CREATE TABLE document_files (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    document INTEGER REFERENCES documents (seq),
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    bytes BLOB NOT NULL,
    sha256 TEXT NOT NULL,
    blake3 TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
INSERT INTO "document_files" VALUES(1,4,1,'json','early_warning.sv.v1.json',X'7B0A202022736368656D61223A20312C0A2020226B696E64223A20227265706F7274222C0A2020227469746C65223A20225570706C79736E696E67222C0A2020226C616E6775616765223A20227376222C0A202022726567696D65223A20226E6973322D7365222C0A2020227374616765223A20226561726C795F7761726E696E67222C0A2020227061727479223A20226F776E222C0A2020227465726D223A20227570706C79736E696E67222C0A2020226369746174696F6E223A202232206B61702E203520C2A7222C0A2020226C6177223A2022437962657273C3A46B6572686574736C61672028323032353A3135303629222C0A202022696E636964656E74223A207B0A20202020226964223A20223161643435396532643466376434303739383963653265666337333763376631222C0A20202020226E756D626572223A20342C0A20202020227265766973696F6E223A2031322C0A20202020226472696C6C223A2066616C73650A20207D2C0A2020226D6164655F6174223A2022323032362D31312D32395430353A33313A30305A222C0A20202274696D655F7A6F6E65223A20224575726F70652F53746F636B686F6C6D222C0A20202276657273696F6E223A207B0A20202020226E756D626572223A20312C0A2020202022617574686F72223A202261646D696E220A20207D2C0A2020226F7267616E69736174696F6E223A2022466AC3A46C6C6EC3A474204954204142222C0A202022746C70223A207B0A20202020226C6162656C223A2022544C503A414D4245522B535452494354222C0A202020202266726F6D223A205B5D0A20207D2C0A202022636C617373696669636174696F6E223A207B0A20202020227461786F6E6F6D79223A2022525349542031303033222C0A2020202022636C617373223A2022617661696C6162696C697479222C0A20202020226578616D706C65223A20226F7574616765222C0A202020202274657874223A202254696C6C67C3A46E676C6967686574222C0A20202020227374617465223A2022737567676573746564222C0A202020202266726F6D223A205B0A2020202020207B0A2020202020202020226B696E64223A202266616374222C0A2020202020202020226964223A20223131222C0A20202020202020202274657874223A2022736572766963655F6C6F73742C2076616B74220A2020202020207D0A202020205D0A20207D2C0A202022746563686E6971756573223A205B5D2C0A202022646561646C696E65223A207B0A20202020227374617465223A202270726F766973696F6E616C222C0A20202020227374617274223A2022323032362D31312D32395430353A30303A30305A222C0A2020202022647565223A2022323032362D31312D33305430353A30303A30305A222C0A20202020226C617465223A2066616C73652C0A202020202266726F6D223A205B0A2020202020207B0A2020202020202020226B696E64223A2022726567696D65222C0A2020202020202020226964223A20226E6973322D7365222C0A20202020202020202274657874223A20226561726C795F7761726E696E672C2032206B61702E203520C2A72C2064617461206F6620323032362D31312D3239220A2020202020207D2C0A2020202020207B0A2020202020202020226B696E64223A202266616374222C0A2020202020202020226964223A20223130222C0A20202020202020202274657874223A202264657465637465642C2076616B74220A2020202020207D0A202020205D0A20207D2C0A2020226D697373696E67223A205B0A202020207B0A202020202020226669656C64223A20227375737065637465645F6D616C6963696F75735F6F725F756E6C617766756C222C0A202020202020226C6162656C223A20224D69737374C3A46E6B7320696E636964656E74656E206861206F7273616B617473206176206F6C61676C69676120656C6C657220617673696B746C69677420736B61646C6967612068616E646C696E6761723F220A202020207D2C0A202020207B0A202020202020226669656C64223A20226566666563745F6F6E5F736563746F725F6163746976697479222C0A202020202020226C6162656C223A20224875722070C3A57665726B6173207665726B73616D686574656E20696E6F6D2073656B746F726E3F220A202020207D2C0A202020207B0A202020202020226669656C64223A2022636F6E73657175656E6365735F61637475616C5F6F725F666561726564222C0A202020202020226C6162656C223A20224B6F6E73656B76656E73657220736F6D20686172207570707374C3A5747420656C6C657220736F6D2062656661726173220A202020207D0A20205D2C0A2020226669656C6473223A205B0A202020207B0A202020202020226E616D65223A20226F7267616E69736174696F6E5F6E616D65222C0A202020202020226C6162656C223A20225665726B73616D686574737574C3B6766172656E73206E616D6E222C0A20202020202022656E676C697368223A20224E616D65206F662074686520656E74697479222C0A202020202020227265717569726564223A20747275652C0A202020202020227374617465223A20226B6E6F776E222C0A2020202020202274657874223A2022466AC3A46C6C6EC3A474204954204142222C0A2020202020202266726F6D223A205B0A20202020202020207B0A20202020202020202020226B696E64223A2022636F6E66696775726174696F6E222C0A20202020202020202020226964223A20226F7267616E69736174696F6E2E6E616D65222C0A202020202020202020202274657874223A2022220A20202020202020207D0A2020202020205D2C0A2020202020202276657273696F6E223A20300A202020207D2C0A202020207B0A202020202020226E616D65223A20226F7267616E69736174696F6E5F6E756D626572222C0A202020202020226C6162656C223A20224F7267616E69736174696F6E736E756D6D6572222C0A20202020202022656E676C697368223A20224F7267616E69736174696F6E206E756D626572222C0A202020202020227265717569726564223A20747275652C0A202020202020227374617465223A20226B6E6F776E222C0A2020202020202274657874223A20223535393030302D30303030222C0A2020202020202266726F6D223A205B0A20202020202020207B0A20202020202020202020226B696E64223A2022636F6E66696775726174696F6E222C0A20202020202020202020226964223A20226F7267616E69736174696F6E2E6E756D626572222C0A202020202020202020202274657874223A2022220A20202020202020207D0A2020202020205D2C0A2020202020202276657273696F6E223A20300A202020207D2C0A202020207B0A202020202020226E616D65223A2022636F6E74616374222C0A202020202020226C6162656C223A20224B6F6E74616B74706572736F6E206F6368206B6F6E74616B74757070676966746572222C0A20202020202022656E676C697368223A2022436F6E7461637420706572736F6E20616E6420686F7720746F207265616368207468656D222C0A202020202020227265717569726564223A20747275652C0A202020202020227374617465223A20226B6E6F776E222C0A2020202020202274657874223A20226A6F757240666A616C6C6E61742E6578616D706C65222C0A2020202020202266726F6D223A205B0A20202020202020207B0A20202020202020202020226B696E64223A2022636F6E66696775726174696F6E222C0A20202020202020202020226964223A20226F7267616E69736174696F6E2E636F6E74616374222C0A202020202020202020202274657874223A2022220A20202020202020207D0A2020202020205D2C0A2020202020202276657273696F6E223A20300A202020207D2C0A202020207B0A202020202020226E616D65223A2022696E636964656E745F6F6E676F696E67222C0A202020202020226C6162656C223A202250C3A567C3A57220696E636964656E74656E20666F7274666172616E64653F222C0A20202020202022656E676C697368223A202249732074686520696E636964656E74207374696C6C20676F696E67206F6E3F222C0A202020202020227265717569726564223A20747275652C0A202020202020227374617465223A2022737567676573746564222C0A2020202020202274657874223A20224A61222C0A2020202020202266726F6D223A205B0A20202020202020207B0A20202020202020202020226B696E64223A2022696E636964656E74222C0A20202020202020202020226964223A20223161643435396532643466376434303739383963653265666337333763376631222C0A202020202020202020202274657874223A2022696E6765742066616B74756D206068616E646C65646020C3A47220616E7465636B6E6174220A20202020202020207D0A2020202020205D2C0A2020202020202276657273696F6E223A20300A202020207D2C0A202020207B0A202020202020226E616D65223A2022636F757273655F6F665F6576656E7473222C0A202020202020226C6162656C223A202248C3A46E64656C736566C3B6726C6F7070222C0A20202020202022656E676C697368223A2022436F75727365206F66206576656E7473222C0A202020202020227265717569726564223A20747275652C0A202020202020227374617465223A2022737567676573746564222C0A2020202020202274657874223A2022323032362D31312D3239206B6C2E2030362E30302E303020285554432B30313A3030293A20496E636964656E74656E2075707074C3A4636B7465735C6E323032362D31312D3239206B6C2E2030362E30302E303020285554432B30313A3030293A20456E20746AC3A46E737420736C7574616465206174742066756E676572615C6E323032362D31312D3239206B6C2E2030362E30302E303020285554432B30313A3030293A204C61726D206672C3A56E20726567656C6E20E2809D54686520706F7274616C20646F6573206E6F7420616E73776572E2809D2C20617673657220776562312028312068C3A46E64656C73652074696C6C206F6368206D656420323032362D31312D3239206B6C2E2030362E30302E303020285554432B30313A30302929222C0A2020202020202266726F6D223A205B0A20202020202020207B0A20202020202020202020226B696E64223A202266616374222C0A20202020202020202020226964223A20223130222C0A202020202020202020202274657874223A202264657465637465642C2076616B74220A20202020202020207D2C0A20202020202020207B0A20202020202020202020226B696E64223A202266616374222C0A20202020202020202020226964223A20223131222C0A202020202020202020202274657874223A2022736572766963655F6C6F73742C2076616B74220A20202020202020207D2C0A20202020202020207B0A20202020202020202020226B696E64223A202272756C65222C0A20202020202020202020226964223A202239623264366133342D353863312D346130652D396435382D306535623866316437613031222C0A202020202020202020202274657874223A202254686520706F7274616C20646F6573206E6F7420616E73776572220A20202020202020207D0A2020202020205D2C0A2020202020202276657273696F6E223A20300A202020207D2C0A202020207B0A202020202020226E616D65223A202264657465637465645F6174222C0A202020202020226C6162656C223A20224EC3A4722075707074C3A4636B74657320696E636964656E74656E3F222C0A20202020202022656E676C697368223A20225768656E207761732074686520696E636964656E742064657465637465643F222C0A202020202020227265717569726564223A20747275652C0A202020202020227374617465223A20226B6E6F776E222C0A2020202020202274657874223A2022323032362D31312D3239206B6C2E2030362E30302E303020285554432B30313A303029222C0A2020202020202266726F6D223A205B0A20202020202020207B0A20202020202020202020226B696E64223A202266616374222C0A20202020202020202020226964223A20223130222C0A202020202020202020202274657874223A202264657465637465642C2076616B74220A20202020202020207D0A2020202020205D2C0A2020202020202276657273696F6E223A20300A202020207D2C0A202020207B0A202020202020226E616D65223A2022646574656374696F6E5F6D6574686F64222C0A202020202020226C6162656C223A20224875722075707074C3A4636B74657320696E636964656E74656E3F222C0A20202020202022656E676C697368223A2022486F77207761732069742064657465637465643F222C0A202020202020227265717569726564223A20747275652C0A202020202020227374617465223A20226B6E6F776E222C0A2020202020202274657874223A20224175746F6D617469736B742C2067656E6F6D20656E20726567656C2069207665726B73616D686574656E73206C6F6767C3B676657276616B6E696E673A20E2809D54686520706F7274616C20646F6573206E6F7420616E73776572E2809D222C0A2020202020202266726F6D223A205B0A20202020202020207B0A20202020202020202020226B696E64223A202272756C65222C0A202020202020202020202274657874223A202254686520706F7274616C20646F6573206E6F7420616E73776572220A20202020202020207D0A2020202020205D2C0A2020202020202276657273696F6E223A20300A202020207D2C0A202020207B0A202020202020226E616D65223A20227375737065637465645F6D616C6963696F75735F6F725F756E6C617766756C222C0A202020202020226C6162656C223A20224D69737374C3A46E6B7320696E636964656E74656E206861206F7273616B617473206176206F6C61676C69676120656C6C657220617673696B746C69677420736B61646C6967612068616E646C696E6761723F222C0A20202020202022656E676C697368223A202249732069742073757370656374656420746F2062652063617573656420627920756E6C617766756C206F72206D616C6963696F757320616374733F222C0A202020202020227265717569726564223A20747275652C0A202020202020227374617465223A2022656D707479222C0A2020202020202274657874223A2022222C0A2020202020202266726F6D223A205B5D2C0A2020202020202276657273696F6E223A20300A202020207D2C0A202020207B0A202020202020226E616D65223A2022737570706C6965725F6F726967696E222C0A202020202020226C6162656C223A202248617220696E636964656E74656E2073697474207572737072756E6720686F7320656E206C65766572616E74C3B6723F222C0A20202020202022656E676C697368223A2022446F6573206974206F726967696E6174652066726F6D206120737570706C6965723F222C0A202020202020227265717569726564223A2066616C73652C0A202020202020227374617465223A2022656D707479222C0A2020202020202274657874223A2022222C0A2020202020202266726F6D223A205B5D2C0A2020202020202276657273696F6E223A20300A202020207D2C0A202020207B0A202020202020226E616D65223A20226566666563745F6F6E5F736563746F725F6163746976697479222C0A202020202020226C6162656C223A20224875722070C3A57665726B6173207665726B73616D686574656E20696E6F6D2073656B746F726E3F222C0A20202020202022656E676C697368223A2022486F7720646F6573206974206166666563742074686520616374697669747920696E2074686520736563746F723F222C0A202020202020227265717569726564223A20747275652C0A202020202020227374617465223A2022656D707479222C0A2020202020202274657874223A2022222C0A2020202020202266726F6D223A205B5D2C0A2020202020202276657273696F6E223A20300A202020207D2C0A202020207B0A202020202020226E616D65223A2022636F6E73657175656E6365735F61637475616C5F6F725F666561726564222C0A202020202020226C6162656C223A20224B6F6E73656B76656E73657220736F6D20686172207570707374C3A5747420656C6C657220736F6D2062656661726173222C0A20202020202022656E676C697368223A2022436F6E73657175656E63657320746861742068617665206F63637572726564206F722061726520666561726564222C0A202020202020227265717569726564223A20747275652C0A202020202020227374617465223A2022656D707479222C0A2020202020202274657874223A2022222C0A2020202020202266726F6D223A205B5D2C0A2020202020202276657273696F6E223A20300A202020207D2C0A202020207B0A202020202020226E616D65223A202263726F73735F626F72646572222C0A202020202020226C6162656C223A20224B616E20696E636964656E74656E206861206772C3A46E73C3B6766572736B726964616E6465207665726B6E696E6761723F222C0A20202020202022656E676C697368223A2022436F756C64206974206861766520612063726F73732D626F7264657220696D706163743F222C0A202020202020227265717569726564223A2066616C73652C0A202020202020227374617465223A2022656D707479222C0A2020202020202274657874223A2022222C0A2020202020202266726F6D223A205B5D2C0A2020202020202276657273696F6E223A20300A202020207D0A20205D2C0A2020226372697465726961223A205B0A202020207B0A202020202020226964223A2022482D61222C0A202020202020226369746174696F6E223A20224172742E2033283129286129222C0A2020202020202274657874223A2022446972656B7420656B6F6E6F6D69736B2066C3B6726C757374222C0A202020202020226F7574636F6D65223A20226F70656E222C0A20202020202022636F6D7061726564223A205B5D2C0A2020202020202266726F6D223A205B0A20202020202020207B0A20202020202020202020226B696E64223A2022637269746572696F6E222C0A20202020202020202020226964223A2022482D61222C0A202020202020202020202274657874223A20227475726E6F7665725F65757220363030303030302C2076616B742C2074686520636F6E66696775726174696F6E220A20202020202020207D0A2020202020205D0A202020207D2C0A202020207B0A202020202020226964223A20224D53502D61222C0A202020202020226369746174696F6E223A20224172742E203130286129222C0A2020202020202274657874223A202248656C74206F74696C6C67C3A46E676C6967222C0A202020202020226F7574636F6D65223A20226D6574222C0A20202020202022636F6D7061726564223A205B0A202020202020202022487572206CC3A46E67652076617220746AC3A46E7374656E2068656C74206F74696C6C67C3A46E676C69673F203331206D696E20286D657220C3A46E203330206D696E29220A2020202020205D2C0A2020202020202266726F6D223A205B0A20202020202020207B0A20202020202020202020226B696E64223A2022637269746572696F6E222C0A20202020202020202020226964223A20224D53502D61222C0A202020202020202020202274657874223A2022756E617661696C61626C655F666F7220313836302C2076616B742C206F7574616765206F6620706F7274616C2073696E636520323032362D31312D32395430353A30303A30305A2C206576656E74203537206F662072756C652039623264366133342D353863312D346130652D396435382D306535623866316437613031220A20202020202020207D0A2020202020205D0A202020207D2C0A202020207B0A202020202020226964223A20224D53502D62222C0A202020202020226369746174696F6E223A20224172742E203130286229222C0A2020202020202274657874223A202242656772C3A46E7361642074696C6C67C3A46E676C6967686574222C0A202020202020226F7574636F6D65223A20226F70656E222C0A20202020202022636F6D7061726564223A205B0A202020202020202022416E76C3A46E64617265206920756E696F6E656E206D65642062656772C3A46E7361642074696C6C67C3A56E673A20323120286D657220C3A46E2032302C2035202520617620736572766963655F757365727320283430302929220A2020202020205D2C0A2020202020202266726F6D223A205B0A20202020202020207B0A20202020202020202020226B696E64223A2022637269746572696F6E222C0A20202020202020202020226964223A20224D53502D62222C0A202020202020202020202274657874223A202275736572735F6C696D697465642032312C2061646D696E2C20657374696D617465220A20202020202020207D2C0A20202020202020207B0A20202020202020202020226B696E64223A2022637269746572696F6E222C0A20202020202020202020226964223A20224D53502D62222C0A202020202020202020202274657874223A2022736572766963655F7573657273203430302C2076616B742C207468652073657276696365206D6170220A20202020202020207D0A2020202020205D0A202020207D2C0A202020207B0A202020202020226964223A20224D53502D64222C0A202020202020226369746174696F6E223A20224172742E203130286429222C0A2020202020202274657874223A20224DC3A56E676120616E76C3A46E646172657320757070676966746572222C0A202020202020226F7574636F6D65223A20226F70656E222C0A20202020202022636F6D7061726564223A205B5D2C0A2020202020202266726F6D223A205B0A20202020202020207B0A20202020202020202020226B696E64223A2022637269746572696F6E222C0A20202020202020202020226964223A20224D53502D64222C0A202020202020202020202274657874223A2022736572766963655F7573657273203430302C2076616B742C207468652073657276696365206D6170220A20202020202020207D0A2020202020205D0A202020207D0A20205D2C0A202022696E64696361746F7273223A207B0A20202020226C6973746564223A205B5D2C0A20202020226D6F7265223A20302C0A202020202275736572735F7769746868656C64223A20302C0A2020202022656D61696C735F7769746868656C64223A20302C0A2020202022707269766174655F6164647265737365735F7769746868656C64223A20300A20207D0A7D0A','aa32eb159e68d3b56cb1d647d199c1651870df6cfd9ed96e281a6b769269f8cb','27b4140c7d3b82f87b6de2ecae40bbdb89636657f1a820564563f0bff5442f33','admin',1795930260000000);
INSERT INTO "document_files" VALUES(2,4,1,'md','early_warning.sv.v1.md',X'2A2A544C503A414D4245522B5354524943542A2A0A0A23205570706C79736E696E670A0A56657273696F6E20312C2075707072C3A4747461642061762061646D696E2C20323032362D31312D3239206B6C2E2030362E33312E303020285554432B30313A3030290A0A3E202A2A4F626C696761746F7269736B612075707067696674657220736F6D2073616B6E61733A2A2A0A3E0A3E202D204D69737374C3A46E6B7320696E636964656E74656E206861206F7273616B617473206176206F6C61676C69676120656C6C657220617673696B746C69677420736B61646C6967612068616E646C696E6761723F0A3E202D204875722070C3A57665726B6173207665726B73616D686574656E20696E6F6D2073656B746F726E3F0A3E202D204B6F6E73656B76656E73657220736F6D20686172207570707374C3A5747420656C6C657220736F6D20626566617261730A0A7C20207C20207C0A7C202D2D2D207C202D2D2D207C0A7C205665726B73616D686574737574C3B676617265207C20466AC3A46C6C6EC3A474204954204142207C0A7C2056C3A5722062657465636B6E696E67207C20342028316164343539653264346637643430373938396365326566633733376337663129207C0A7C20456E6C696774207C20437962657273C3A46B6572686574736C61672028323032353A31353036292C2032206B61702E203520C2A7207C0A7C20546964736672697374207C20323032362D31312D3330206B6C2E2030362E30302E303020285554432B30313A303029202872C3A46B6E6164206672C3A56E2075707074C3A4636B74656E3B206BC3A46E6E65646F6D20C3A47220696E74652066C3B6726B6C6172616429207C0A7C20496E636964656E746B6C617373207C2054696C6C67C3A46E676C6967686574202852534954203130303320617661696C6162696C6974792F6F757461676529207C0A0A2323205665726B73616D686574737574C3B6766172656E73206E616D6E0A0A466AC3A46C6C6EC3A4742049542041420A0A2323204F7267616E69736174696F6E736E756D6D65720A0A3535393030302D303030300A0A2323204B6F6E74616B74706572736F6E206F6368206B6F6E74616B747570706769667465720A0A6A6F75725C40666A616C6C6E61742E6578616D706C650A0A23232050C3A567C3A57220696E636964656E74656E20666F7274666172616E64653F0A0A4A610A0A23232048C3A46E64656C736566C3B6726C6F70700A0A323032362D31312D3239206B6C2E2030362E30302E303020285554432B30313A3030293A20496E636964656E74656E2075707074C3A4636B7465735C0A323032362D31312D3239206B6C2E2030362E30302E303020285554432B30313A3030293A20456E20746AC3A46E737420736C7574616465206174742066756E676572615C0A323032362D31312D3239206B6C2E2030362E30302E303020285554432B30313A3030293A204C61726D206672C3A56E20726567656C6E20E2809D54686520706F7274616C20646F6573206E6F7420616E73776572E2809D2C20617673657220776562312028312068C3A46E64656C73652074696C6C206F6368206D656420323032362D31312D3239206B6C2E2030362E30302E303020285554432B30313A303029290A0A2323204EC3A4722075707074C3A4636B74657320696E636964656E74656E3F0A0A323032362D31312D3239206B6C2E2030362E30302E303020285554432B30313A3030290A0A2323204875722075707074C3A4636B74657320696E636964656E74656E3F0A0A4175746F6D617469736B742C2067656E6F6D20656E20726567656C2069207665726B73616D686574656E73206C6F6767C3B676657276616B6E696E673A20E2809D54686520706F7274616C20646F6573206E6F7420616E73776572E2809D0A0A2323204D69737374C3A46E6B7320696E636964656E74656E206861206F7273616B617473206176206F6C61676C69676120656C6C657220617673696B746C69677420736B61646C6967612068616E646C696E6761723F0A0A2A496E67656E20757070676966742E2A0A0A23232048617220696E636964656E74656E2073697474207572737072756E6720686F7320656E206C65766572616E74C3B6723F0A0A2A496E67656E20757070676966742E2A0A0A2323204875722070C3A57665726B6173207665726B73616D686574656E20696E6F6D2073656B746F726E3F0A0A2A496E67656E20757070676966742E2A0A0A2323204B6F6E73656B76656E73657220736F6D20686172207570707374C3A5747420656C6C657220736F6D20626566617261730A0A2A496E67656E20757070676966742E2A0A0A2323204B616E20696E636964656E74656E206861206772C3A46E73C3B6766572736B726964616E6465207665726B6E696E6761723F0A0A2A496E67656E20757070676966742E2A0A0A2323204B72697465726965722066C3B67220656E206265747964616E646520696E636964656E740A0A2D20446972656B7420656B6F6E6F6D69736B2066C3B6726C75737420284172742E2033283129286129293A20696E7465206176676A6F72740A2D2048656C74206F74696C6C67C3A46E676C696720284172742E203130286129293A2075707066796C6C743B20487572206CC3A46E67652076617220746AC3A46E7374656E2068656C74206F74696C6C67C3A46E676C69673F203331206D696E20286D657220C3A46E203330206D696E290A2D2042656772C3A46E7361642074696C6C67C3A46E676C696768657420284172742E203130286229293A20696E7465206176676A6F72743B20416E76C3A46E64617265206920756E696F6E656E206D65642062656772C3A46E7361642074696C6C67C3A56E673A20323120286D657220C3A46E2032302C2035202520617620736572766963655C5F7573657273202834303029290A2D204DC3A56E676120616E76C3A46E64617265732075707067696674657220284172742E203130286429293A20696E7465206176676A6F72740A0A232320556E6465726C61670A0A2D205665726B73616D686574737574C3B6766172656E73206E616D6E0A20202D206B6F6E66696775726174696F6E656E206F7267616E69736174696F6E2E6E616D650A2D204F7267616E69736174696F6E736E756D6D65720A20202D206B6F6E66696775726174696F6E656E206F7267616E69736174696F6E2E6E756D6265720A2D204B6F6E74616B74706572736F6E206F6368206B6F6E74616B747570706769667465720A20202D206B6F6E66696775726174696F6E656E206F7267616E69736174696F6E2E636F6E746163740A2D2050C3A567C3A57220696E636964656E74656E20666F7274666172616E64653F202866C3B672736C6167290A20202D20696E636964656E74656E7320706F73742031616434353965326434663764343037393839636532656663373337633766313A20696E6765742066616B74756D205C6068616E646C65645C6020C3A47220616E7465636B6E61740A2D2048C3A46E64656C736566C3B6726C6F7070202866C3B672736C6167290A20202D2066616B74756D2031303A2064657465637465642C2076616B740A20202D2066616B74756D2031313A20736572766963655C5F6C6F73742C2076616B740A20202D20726567656C2039623264366133342D353863312D346130652D396435382D3065356238663164376130313A2054686520706F7274616C20646F6573206E6F7420616E737765720A2D204EC3A4722075707074C3A4636B74657320696E636964656E74656E3F0A20202D2066616B74756D2031303A2064657465637465642C2076616B740A2D204875722075707074C3A4636B74657320696E636964656E74656E3F0A20202D20726567656C3A2054686520706F7274616C20646F6573206E6F7420616E737765720A2D20496E636964656E746B6C6173730A20202D2066616B74756D2031313A20736572766963655C5F6C6F73742C2076616B740A2D205469647366726973740A20202D20726567656C7665726B206E6973322D73653A206561726C795C5F7761726E696E672C2032206B61702E203520C2A72C2064617461206F6620323032362D31312D32390A20202D2066616B74756D2031303A2064657465637465642C2076616B740A2D204B72697465726965720A20202D206B726974657269756D20482D613A207475726E6F7665725C5F65757220363030303030302C2076616B742C2074686520636F6E66696775726174696F6E0A20202D206B726974657269756D204D53502D613A20756E617661696C61626C655C5F666F7220313836302C2076616B742C206F7574616765206F6620706F7274616C2073696E636520323032362D31312D32395430353A30303A30305A2C206576656E74203537206F662072756C652039623264366133342D353863312D346130652D396435382D3065356238663164376130310A20202D206B726974657269756D204D53502D623A2075736572735C5F6C696D697465642032312C2061646D696E2C20657374696D6174650A20202D206B726974657269756D204D53502D623A20736572766963655C5F7573657273203430302C2076616B742C207468652073657276696365206D61700A20202D206B726974657269756D204D53502D643A20736572766963655C5F7573657273203430302C2076616B742C207468652073657276696365206D61700A','e1604920699cca0b60b4a6b22db2a9edbf6bc9b86a8d585c590b0afff1b67074','57f864adba200ad54c4c822c4ffcafffc13367c6acf50dfec27968175498e5d5','admin',1795930260000000);
INSERT INTO "document_files" VALUES(3,4,1,'html','early_warning.sv.v1.html',X'3C21444F43545950452068746D6C3E3C68746D6C206C616E673D227376223E3C686561643E3C6D65746120636861727365743D227574662D38223E3C6D65746120687474702D65717569763D22636F6E74656E742D73656375726974792D706F6C6963792220636F6E74656E743D2264656661756C742D73726320276E6F6E65273B207374796C652D7372632027756E736166652D696E6C696E6527223E3C6D657461206E616D653D2276696577706F72742220636F6E74656E743D2277696474683D6465766963652D77696474682C20696E697469616C2D7363616C653D31223E3C6D657461206E616D653D2272656665727265722220636F6E74656E743D226E6F2D7265666572726572223E3C7469746C653E5570706C79736E696E6720C2B720544C503A414D4245522B5354524943543C2F7469746C653E3C7374796C653E4070616765207B2073697A653A2041343B206D617267696E3A2032306D6D2031386D6D3B207D0A2A207B20626F782D73697A696E673A20626F726465722D626F783B207D0A626F6479207B206D617267696E3A2030206175746F3B206D61782D77696474683A203137346D6D3B2070616464696E673A203172656D3B20636F6C6F723A20233131313B206261636B67726F756E643A20236666663B20666F6E743A20313170742F312E343520224C696265726174696F6E2053616E73222C20417269616C2C2048656C7665746963612C2073616E732D73657269663B207D0A6831207B206D617267696E3A20302E32656D20303B20666F6E742D73697A653A20323070743B206C696E652D6865696768743A20312E323B207D0A6832207B206D617267696E3A20312E33656D203020302E32656D3B20666F6E742D73697A653A20313270743B20627265616B2D61667465723A2061766F69643B207D0A70207B206D617267696E3A20302E33656D20303B207D0A2E746C70207B206D617267696E3A20303B20746578742D616C69676E3A2072696768743B20666F6E742D7765696768743A20626F6C643B207D0A2E6472696C6C207B20626F726465723A2032707420736F6C696420233131313B2070616464696E673A20302E34656D3B20666F6E742D7765696768743A20626F6C643B207D0A2E76657273696F6E207B20636F6C6F723A20233434343B207D0A2E6D697373696E67207B20626F726465723A2031707420736F6C696420233131313B206D617267696E3A2031656D20303B2070616464696E673A20302E32656D20302E38656D20302E36656D3B207D0A2E6D697373696E67206832207B206D617267696E2D746F703A20302E35656D3B207D0A2E74657874207B2077686974652D73706163653A207072652D777261703B206F766572666C6F772D777261703A20616E7977686572653B207D0A2E656D707479207B20636F6C6F723A20233434343B20666F6E742D7374796C653A206974616C69633B207D0A7461626C65207B20626F726465722D636F6C6C617073653A20636F6C6C617073653B2077696474683A20313030253B206D617267696E3A20302E36656D20303B207D0A74682C207464207B20626F726465723A20302E35707420736F6C696420233737373B2070616464696E673A20302E3235656D20302E35656D3B20746578742D616C69676E3A206C6566743B20766572746963616C2D616C69676E3A20746F703B206F766572666C6F772D777261703A20616E7977686572653B207D0A2E68656164207468207B2077696474683A203332253B207D0A2E76616C7565207B20666F6E742D66616D696C793A20224C696265726174696F6E204D6F6E6F222C206D6F6E6F73706163653B20666F6E742D73697A653A20392E3570743B207D0A2E6F726967696E73207B20666F6E742D73697A653A203970743B207D0A2E6F726967696E73206474207B206D617267696E2D746F703A20302E35656D3B20666F6E742D7765696768743A20626F6C643B20627265616B2D61667465723A2061766F69643B207D0A2E6F726967696E73206464207B206D617267696E2D6C6566743A2031656D3B206F766572666C6F772D777261703A20616E7977686572653B207D0A666F6F746572207B206D617267696E2D746F703A2032656D3B20626F726465722D746F703A20302E35707420736F6C696420233737373B20666F6E742D73697A653A203970743B20636F6C6F723A20233434343B207D0A406D65646961207072696E74207B20626F6479207B206D61782D77696474683A206E6F6E653B2070616464696E673A20303B207D202E6F726967696E73207B20627265616B2D6265666F72653A20706167653B207D207D0A3C2F7374796C653E3C2F686561643E3C626F64793E3C6865616465723E3C7020636C6173733D22746C70223E544C503A414D4245522B5354524943543C2F703E3C2F6865616465723E3C6D61696E3E3C68313E5570706C79736E696E673C2F68313E3C7020636C6173733D2276657273696F6E223E56657273696F6E20312C2075707072C3A4747461642061762061646D696E2C20323032362D31312D3239206B6C2E2030362E33312E303020285554432B30313A3030293C2F703E3C73656374696F6E20636C6173733D226D697373696E67223E3C68323E4F626C696761746F7269736B612075707067696674657220736F6D2073616B6E61733C2F68323E3C756C3E3C6C693E4D69737374C3A46E6B7320696E636964656E74656E206861206F7273616B617473206176206F6C61676C69676120656C6C657220617673696B746C69677420736B61646C6967612068616E646C696E6761723F3C2F6C693E3C6C693E4875722070C3A57665726B6173207665726B73616D686574656E20696E6F6D2073656B746F726E3F3C2F6C693E3C6C693E4B6F6E73656B76656E73657220736F6D20686172207570707374C3A5747420656C6C657220736F6D20626566617261733C2F6C693E3C2F756C3E3C2F73656374696F6E3E3C7461626C6520636C6173733D2268656164223E3C74626F64793E3C74723E3C74682073636F70653D22726F77223E5665726B73616D686574737574C3B6766172653C2F74683E3C74643E466AC3A46C6C6EC3A4742049542041423C2F74643E3C2F74723E3C74723E3C74682073636F70653D22726F77223E56C3A5722062657465636B6E696E673C2F74683E3C74643E3420283161643435396532643466376434303739383963653265666337333763376631293C2F74643E3C2F74723E3C74723E3C74682073636F70653D22726F77223E456E6C6967743C2F74683E3C74643E437962657273C3A46B6572686574736C61672028323032353A31353036292C2032206B61702E203520C2A73C2F74643E3C2F74723E3C74723E3C74682073636F70653D22726F77223E5469647366726973743C2F74683E3C74643E323032362D31312D3330206B6C2E2030362E30302E303020285554432B30313A303029202872C3A46B6E6164206672C3A56E2075707074C3A4636B74656E3B206BC3A46E6E65646F6D20C3A47220696E74652066C3B6726B6C61726164293C2F74643E3C2F74723E3C74723E3C74682073636F70653D22726F77223E496E636964656E746B6C6173733C2F74683E3C74643E54696C6C67C3A46E676C6967686574202852534954203130303320617661696C6162696C6974792F6F7574616765293C2F74643E3C2F74723E3C2F74626F64793E3C2F7461626C653E3C73656374696F6E3E3C68323E5665726B73616D686574737574C3B6766172656E73206E616D6E3C2F68323E3C7020636C6173733D2274657874223E466AC3A46C6C6EC3A4742049542041423C2F703E3C2F73656374696F6E3E3C73656374696F6E3E3C68323E4F7267616E69736174696F6E736E756D6D65723C2F68323E3C7020636C6173733D2274657874223E3535393030302D303030303C2F703E3C2F73656374696F6E3E3C73656374696F6E3E3C68323E4B6F6E74616B74706572736F6E206F6368206B6F6E74616B747570706769667465723C2F68323E3C7020636C6173733D2274657874223E6A6F757240666A616C6C6E61742E6578616D706C653C2F703E3C2F73656374696F6E3E3C73656374696F6E3E3C68323E50C3A567C3A57220696E636964656E74656E20666F7274666172616E64653F3C2F68323E3C7020636C6173733D2274657874223E4A613C2F703E3C2F73656374696F6E3E3C73656374696F6E3E3C68323E48C3A46E64656C736566C3B6726C6F70703C2F68323E3C7020636C6173733D2274657874223E323032362D31312D3239206B6C2E2030362E30302E303020285554432B30313A3030293A20496E636964656E74656E2075707074C3A4636B7465730A323032362D31312D3239206B6C2E2030362E30302E303020285554432B30313A3030293A20456E20746AC3A46E737420736C7574616465206174742066756E676572610A323032362D31312D3239206B6C2E2030362E30302E303020285554432B30313A3030293A204C61726D206672C3A56E20726567656C6E20E2809D54686520706F7274616C20646F6573206E6F7420616E73776572E2809D2C20617673657220776562312028312068C3A46E64656C73652074696C6C206F6368206D656420323032362D31312D3239206B6C2E2030362E30302E303020285554432B30313A303029293C2F703E3C2F73656374696F6E3E3C73656374696F6E3E3C68323E4EC3A4722075707074C3A4636B74657320696E636964656E74656E3F3C2F68323E3C7020636C6173733D2274657874223E323032362D31312D3239206B6C2E2030362E30302E303020285554432B30313A3030293C2F703E3C2F73656374696F6E3E3C73656374696F6E3E3C68323E4875722075707074C3A4636B74657320696E636964656E74656E3F3C2F68323E3C7020636C6173733D2274657874223E4175746F6D617469736B742C2067656E6F6D20656E20726567656C2069207665726B73616D686574656E73206C6F6767C3B676657276616B6E696E673A20E2809D54686520706F7274616C20646F6573206E6F7420616E73776572E2809D3C2F703E3C2F73656374696F6E3E3C73656374696F6E3E3C68323E4D69737374C3A46E6B7320696E636964656E74656E206861206F7273616B617473206176206F6C61676C69676120656C6C657220617673696B746C69677420736B61646C6967612068616E646C696E6761723F3C2F68323E3C7020636C6173733D22656D707479223E496E67656E20757070676966742E3C2F703E3C2F73656374696F6E3E3C73656374696F6E3E3C68323E48617220696E636964656E74656E2073697474207572737072756E6720686F7320656E206C65766572616E74C3B6723F3C2F68323E3C7020636C6173733D22656D707479223E496E67656E20757070676966742E3C2F703E3C2F73656374696F6E3E3C73656374696F6E3E3C68323E4875722070C3A57665726B6173207665726B73616D686574656E20696E6F6D2073656B746F726E3F3C2F68323E3C7020636C6173733D22656D707479223E496E67656E20757070676966742E3C2F703E3C2F73656374696F6E3E3C73656374696F6E3E3C68323E4B6F6E73656B76656E73657220736F6D20686172207570707374C3A5747420656C6C657220736F6D20626566617261733C2F68323E3C7020636C6173733D22656D707479223E496E67656E20757070676966742E3C2F703E3C2F73656374696F6E3E3C73656374696F6E3E3C68323E4B616E20696E636964656E74656E206861206772C3A46E73C3B6766572736B726964616E6465207665726B6E696E6761723F3C2F68323E3C7020636C6173733D22656D707479223E496E67656E20757070676966742E3C2F703E3C2F73656374696F6E3E3C73656374696F6E3E3C68323E4B72697465726965722066C3B67220656E206265747964616E646520696E636964656E743C2F68323E3C756C3E3C6C693E446972656B7420656B6F6E6F6D69736B2066C3B6726C75737420284172742E2033283129286129293A20696E7465206176676A6F72743C2F6C693E3C6C693E48656C74206F74696C6C67C3A46E676C696720284172742E203130286129293A2075707066796C6C743B20487572206CC3A46E67652076617220746AC3A46E7374656E2068656C74206F74696C6C67C3A46E676C69673F203331206D696E20286D657220C3A46E203330206D696E293C2F6C693E3C6C693E42656772C3A46E7361642074696C6C67C3A46E676C696768657420284172742E203130286229293A20696E7465206176676A6F72743B20416E76C3A46E64617265206920756E696F6E656E206D65642062656772C3A46E7361642074696C6C67C3A56E673A20323120286D657220C3A46E2032302C2035202520617620736572766963655F7573657273202834303029293C2F6C693E3C6C693E4DC3A56E676120616E76C3A46E64617265732075707067696674657220284172742E203130286429293A20696E7465206176676A6F72743C2F6C693E3C2F756C3E3C2F73656374696F6E3E3C73656374696F6E20636C6173733D226F726967696E73223E3C68323E556E6465726C61673C2F68323E3C646C3E3C64743E5665726B73616D686574737574C3B6766172656E73206E616D6E3C2F64743E3C64643E6B6F6E66696775726174696F6E656E206F7267616E69736174696F6E2E6E616D653C2F64643E3C64743E4F7267616E69736174696F6E736E756D6D65723C2F64743E3C64643E6B6F6E66696775726174696F6E656E206F7267616E69736174696F6E2E6E756D6265723C2F64643E3C64743E4B6F6E74616B74706572736F6E206F6368206B6F6E74616B747570706769667465723C2F64743E3C64643E6B6F6E66696775726174696F6E656E206F7267616E69736174696F6E2E636F6E746163743C2F64643E3C64743E50C3A567C3A57220696E636964656E74656E20666F7274666172616E64653F202866C3B672736C6167293C2F64743E3C64643E696E636964656E74656E7320706F73742031616434353965326434663764343037393839636532656663373337633766313A20696E6765742066616B74756D206068616E646C65646020C3A47220616E7465636B6E61743C2F64643E3C64743E48C3A46E64656C736566C3B6726C6F7070202866C3B672736C6167293C2F64743E3C64643E66616B74756D2031303A2064657465637465642C2076616B743C2F64643E3C64643E66616B74756D2031313A20736572766963655F6C6F73742C2076616B743C2F64643E3C64643E726567656C2039623264366133342D353863312D346130652D396435382D3065356238663164376130313A2054686520706F7274616C20646F6573206E6F7420616E737765723C2F64643E3C64743E4EC3A4722075707074C3A4636B74657320696E636964656E74656E3F3C2F64743E3C64643E66616B74756D2031303A2064657465637465642C2076616B743C2F64643E3C64743E4875722075707074C3A4636B74657320696E636964656E74656E3F3C2F64743E3C64643E726567656C3A2054686520706F7274616C20646F6573206E6F7420616E737765723C2F64643E3C64743E496E636964656E746B6C6173733C2F64743E3C64643E66616B74756D2031313A20736572766963655F6C6F73742C2076616B743C2F64643E3C64743E5469647366726973743C2F64743E3C64643E726567656C7665726B206E6973322D73653A206561726C795F7761726E696E672C2032206B61702E203520C2A72C2064617461206F6620323032362D31312D32393C2F64643E3C64643E66616B74756D2031303A2064657465637465642C2076616B743C2F64643E3C64743E4B72697465726965723C2F64743E3C64643E6B726974657269756D20482D613A207475726E6F7665725F65757220363030303030302C2076616B742C2074686520636F6E66696775726174696F6E3C2F64643E3C64643E6B726974657269756D204D53502D613A20756E617661696C61626C655F666F7220313836302C2076616B742C206F7574616765206F6620706F7274616C2073696E636520323032362D31312D32395430353A30303A30305A2C206576656E74203537206F662072756C652039623264366133342D353863312D346130652D396435382D3065356238663164376130313C2F64643E3C64643E6B726974657269756D204D53502D623A2075736572735F6C696D697465642032312C2061646D696E2C20657374696D6174653C2F64643E3C64643E6B726974657269756D204D53502D623A20736572766963655F7573657273203430302C2076616B742C207468652073657276696365206D61703C2F64643E3C64643E6B726974657269756D204D53502D643A20736572766963655F7573657273203430302C2076616B742C207468652073657276696365206D61703C2F64643E3C2F646C3E3C2F73656374696F6E3E3C2F6D61696E3E3C666F6F7465723E3C703E544C503A414D4245522B53545249435420C2B72056657273696F6E20312C2075707072C3A4747461642061762061646D696E2C20323032362D31312D3239206B6C2E2030362E33312E303020285554432B30313A3030293C2F703E3C2F666F6F7465723E3C2F626F64793E3C2F68746D6C3E0A','7e67c7e44eeaeb2e8c432d6d163a36a6c37e4bd31fd24d35c6050323c1f94bce','0a5ea3749f8535d22a9cc08a5626ead7a5bb85df5671113c3901791e2c8ab968','admin',1795930260000000);
CREATE TABLE document_marks (
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (incident, name)
) STRICT, WITHOUT ROWID;
INSERT INTO "document_marks" VALUES(4,'tlp','TLP:AMBER','admin',1795930260000000,1);
CREATE TABLE document_submissions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    document INTEGER NOT NULL REFERENCES documents (seq),
    -- The fact that says so.
    fact INTEGER NOT NULL REFERENCES facts (id),
    -- What was sent, and the receipt.
    file INTEGER NOT NULL REFERENCES document_files (seq),
    receipt INTEGER REFERENCES document_files (seq),
    correction INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
INSERT INTO "document_submissions" VALUES(1,1,13,2,NULL,0,1795930260000000,'admin',1795930260000000);
CREATE TABLE documents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    party TEXT NOT NULL,
    regime TEXT NOT NULL,
    stage TEXT NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    language TEXT NOT NULL,
    tlp TEXT NOT NULL,
    author TEXT NOT NULL,
    at INTEGER NOT NULL,
    changed TEXT,
    -- The version that was submitted and that this one corrects.
    corrects INTEGER,
    -- The required fields that were empty, as JSON.
    missing TEXT NOT NULL,
    UNIQUE (incident, party, regime, stage, version)
) STRICT;
INSERT INTO "documents" VALUES(1,4,'own','nis2-se','early_warning','report',1,'sv','TLP:AMBER+STRICT','admin',1795930260000000,NULL,NULL,'["suspected_malicious_or_unlawful","effect_on_sector_activity","consequences_actual_or_feared"]');
CREATE TABLE evidence (
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    position INTEGER NOT NULL,
    original BLOB NOT NULL,
    fields TEXT NOT NULL,
    claimed INTEGER,
    received INTEGER NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (incident, position)
) STRICT, WITHOUT ROWID;
INSERT INTO "evidence" VALUES(1,1,X'7B224074696D657374616D70223A22323032362D31312D32395430343A34343A32342E3432333238355A222C22686F73742E6E616D65223A2277656231222C226C6F672E7379736C6F672E6170706E616D65223A2273736864222C2270726F636573732E706964223A343130322C226D657373616765223A224661696C65642070617373776F726420666F7220726F6F742066726F6D203230332E302E3131332E363620706F72742034303131322073736832227D','{"@timestamp":"2026-11-29T04:44:24.423285Z","event.ingested":"2026-11-29T04:46:21.42697Z","host.name":"web1","log.syslog.appname":"sshd","process.pid":4102,"message":"Failed password for root from 203.0.113.66 port 40112 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"root","source.address":"203.0.113.66","source.ip":"203.0.113.66","source.port":40112,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","process.name":"sshd","event.provider":"sshd","vakt.listener":"http","vakt.transport":"http","vakt.drill":true,"event.original":"{\"@timestamp\":\"2026-11-29T04:44:24.423285Z\",\"host.name\":\"web1\",\"log.syslog.appname\":\"sshd\",\"process.pid\":4102,\"message\":\"Failed password for root from 203.0.113.66 port 40112 ssh2\"}"}',1795927464423285,1795927581426970,'873ba173e03c4847581c87f41b4e0a9681ddc542d8fa1331fee0e32a9f151c5e');
INSERT INTO "evidence" VALUES(1,4,X'7B224074696D657374616D70223A22323032362D31312D32395430343A34343A33302E3432333238355A222C22686F73742E6E616D65223A2277656231222C226C6F672E7379736C6F672E6170706E616D65223A2273736864222C2270726F636573732E706964223A343130332C226D657373616765223A224661696C65642070617373776F726420666F7220696E76616C696420757365722061646D696E2066726F6D203230332E302E3131332E363620706F72742034303131342073736832227D','{"@timestamp":"2026-11-29T04:44:30.423285Z","event.ingested":"2026-11-29T04:46:21.42697Z","host.name":"web1","log.syslog.appname":"sshd","process.pid":4103,"message":"Failed password for invalid user admin from 203.0.113.66 port 40114 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"admin","event.reason":"invalid user","source.address":"203.0.113.66","source.ip":"203.0.113.66","source.port":40114,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","process.name":"sshd","event.provider":"sshd","vakt.listener":"http","vakt.transport":"http","vakt.drill":true,"event.original":"{\"@timestamp\":\"2026-11-29T04:44:30.423285Z\",\"host.name\":\"web1\",\"log.syslog.appname\":\"sshd\",\"process.pid\":4103,\"message\":\"Failed password for invalid user admin from 203.0.113.66 port 40114 ssh2\"}"}',1795927470423285,1795927581426970,'37e6073da0eb5d34531727c48a63e6f54a9ef54ac421ada7cb9e62384373fa04');
INSERT INTO "evidence" VALUES(1,7,X'7B224074696D657374616D70223A22323032362D31312D32395430343A34343A33362E3432333238355A222C22686F73742E6E616D65223A2277656231222C226C6F672E7379736C6F672E6170706E616D65223A2273736864222C2270726F636573732E706964223A343130342C226D657373616765223A224661696C65642070617373776F726420666F7220696E76616C6964207573657220746573742066726F6D203230332E302E3131332E363620706F72742034303131362073736832227D','{"@timestamp":"2026-11-29T04:44:36.423285Z","event.ingested":"2026-11-29T04:46:21.42697Z","host.name":"web1","log.syslog.appname":"sshd","process.pid":4104,"message":"Failed password for invalid user test from 203.0.113.66 port 40116 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"test","event.reason":"invalid user","source.address":"203.0.113.66","source.ip":"203.0.113.66","source.port":40116,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","process.name":"sshd","event.provider":"sshd","vakt.listener":"http","vakt.transport":"http","vakt.drill":true,"event.original":"{\"@timestamp\":\"2026-11-29T04:44:36.423285Z\",\"host.name\":\"web1\",\"log.syslog.appname\":\"sshd\",\"process.pid\":4104,\"message\":\"Failed password for invalid user test from 203.0.113.66 port 40116 ssh2\"}"}',1795927476423285,1795927581426970,'b71e7be4db9d5e404f56bd628ee338a11a3e9f9e93176b8ae0d9c67ee558c2c6');
INSERT INTO "evidence" VALUES(1,10,X'7B224074696D657374616D70223A22323032362D31312D32395430343A34343A34322E3432333238355A222C22686F73742E6E616D65223A2277656231222C226C6F672E7379736C6F672E6170706E616D65223A2273736864222C2270726F636573732E706964223A343130352C226D657373616765223A224661696C65642070617373776F726420666F7220696E76616C69642075736572206F7261636C652066726F6D203230332E302E3131332E363620706F72742034303131382073736832227D','{"@timestamp":"2026-11-29T04:44:42.423285Z","event.ingested":"2026-11-29T04:46:21.42697Z","host.name":"web1","log.syslog.appname":"sshd","process.pid":4105,"message":"Failed password for invalid user oracle from 203.0.113.66 port 40118 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"oracle","event.reason":"invalid user","source.address":"203.0.113.66","source.ip":"203.0.113.66","source.port":40118,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","process.name":"sshd","event.provider":"sshd","vakt.listener":"http","vakt.transport":"http","vakt.drill":true,"event.original":"{\"@timestamp\":\"2026-11-29T04:44:42.423285Z\",\"host.name\":\"web1\",\"log.syslog.appname\":\"sshd\",\"process.pid\":4105,\"message\":\"Failed password for invalid user oracle from 203.0.113.66 port 40118 ssh2\"}"}',1795927482423285,1795927581426970,'6f00789c8c6d3a1cd7db9915e5c9c55ba8ab3062344a7aad559c94dd9a15d225');
INSERT INTO "evidence" VALUES(1,12,X'7B224074696D657374616D70223A22323032362D31312D32395430343A34343A34362E3432333238355A222C22686F73742E6E616D65223A2277656231222C226C6F672E7379736C6F672E6170706E616D65223A2273736864222C2270726F636573732E706964223A343130362C226D657373616765223A224661696C65642070617373776F726420666F7220706F7374677265732066726F6D203230332E302E3131332E363620706F72742034303132302073736832227D','{"@timestamp":"2026-11-29T04:44:46.423285Z","event.ingested":"2026-11-29T04:46:21.42697Z","host.name":"web1","log.syslog.appname":"sshd","process.pid":4106,"message":"Failed password for postgres from 203.0.113.66 port 40120 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"postgres","source.address":"203.0.113.66","source.ip":"203.0.113.66","source.port":40120,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","process.name":"sshd","event.provider":"sshd","vakt.listener":"http","vakt.transport":"http","vakt.drill":true,"event.original":"{\"@timestamp\":\"2026-11-29T04:44:46.423285Z\",\"host.name\":\"web1\",\"log.syslog.appname\":\"sshd\",\"process.pid\":4106,\"message\":\"Failed password for postgres from 203.0.113.66 port 40120 ssh2\"}"}',1795927486423285,1795927581426970,'58b73f67b5525b4250507856e2b8dd7edab7c411bd65bc0a0405311f348e254e');
INSERT INTO "evidence" VALUES(1,15,X'7B224074696D657374616D70223A22323032362D31312D32395430343A34343A35322E3432333238355A222C22686F73742E6E616D65223A2277656231222C226C6F672E7379736C6F672E6170706E616D65223A2273736864222C2270726F636573732E706964223A343130372C226D657373616765223A224661696C65642070617373776F726420666F7220696E76616C69642075736572207562756E74752066726F6D203230332E302E3131332E363620706F72742034303132322073736832227D','{"@timestamp":"2026-11-29T04:44:52.423285Z","event.ingested":"2026-11-29T04:46:21.42697Z","host.name":"web1","log.syslog.appname":"sshd","process.pid":4107,"message":"Failed password for invalid user ubuntu from 203.0.113.66 port 40122 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"ubuntu","event.reason":"invalid user","source.address":"203.0.113.66","source.ip":"203.0.113.66","source.port":40122,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","process.name":"sshd","event.provider":"sshd","vakt.listener":"http","vakt.transport":"http","vakt.drill":true,"event.original":"{\"@timestamp\":\"2026-11-29T04:44:52.423285Z\",\"host.name\":\"web1\",\"log.syslog.appname\":\"sshd\",\"process.pid\":4107,\"message\":\"Failed password for invalid user ubuntu from 203.0.113.66 port 40122 ssh2\"}"}',1795927492423285,1795927581426970,'faff5fe21dd2f734eb09673d5dc45bf39ce96200b9b60928d4a339a2ff21582f');
INSERT INTO "evidence" VALUES(1,17,X'7B224074696D657374616D70223A22323032362D31312D32395430343A34343A35362E3432333238355A222C22686F73742E6E616D65223A2277656231222C226C6F672E7379736C6F672E6170706E616D65223A2273736864222C2270726F636573732E706964223A343130382C226D657373616765223A224661696C65642070617373776F726420666F72206769742066726F6D203230332E302E3131332E363620706F72742034303132342073736832227D','{"@timestamp":"2026-11-29T04:44:56.423285Z","event.ingested":"2026-11-29T04:46:21.42697Z","host.name":"web1","log.syslog.appname":"sshd","process.pid":4108,"message":"Failed password for git from 203.0.113.66 port 40124 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"git","source.address":"203.0.113.66","source.ip":"203.0.113.66","source.port":40124,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","process.name":"sshd","event.provider":"sshd","vakt.listener":"http","vakt.transport":"http","vakt.drill":true,"event.original":"{\"@timestamp\":\"2026-11-29T04:44:56.423285Z\",\"host.name\":\"web1\",\"log.syslog.appname\":\"sshd\",\"process.pid\":4108,\"message\":\"Failed password for git from 203.0.113.66 port 40124 ssh2\"}"}',1795927496423285,1795927581426970,'f0e0f8c50c8e1f1d3d64c48922ec2dfd4b955814bd1d3347ab645f34157fb7b4');
INSERT INTO "evidence" VALUES(1,19,X'7B224074696D657374616D70223A22323032362D31312D32395430343A34353A30302E3432333238355A222C22686F73742E6E616D65223A2277656231222C226C6F672E7379736C6F672E6170706E616D65223A2273736864222C2270726F636573732E706964223A343130392C226D657373616765223A224661696C65642070617373776F726420666F7220726F6F742066726F6D203230332E302E3131332E363620706F72742034303132362073736832227D','{"@timestamp":"2026-11-29T04:45:00.423285Z","event.ingested":"2026-11-29T04:46:21.42697Z","host.name":"web1","log.syslog.appname":"sshd","process.pid":4109,"message":"Failed password for root from 203.0.113.66 port 40126 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"root","source.address":"203.0.113.66","source.ip":"203.0.113.66","source.port":40126,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","process.name":"sshd","event.provider":"sshd","vakt.listener":"http","vakt.transport":"http","vakt.drill":true,"event.original":"{\"@timestamp\":\"2026-11-29T04:45:00.423285Z\",\"host.name\":\"web1\",\"log.syslog.appname\":\"sshd\",\"process.pid\":4109,\"message\":\"Failed password for root from 203.0.113.66 port 40126 ssh2\"}"}',1795927500423285,1795927581426970,'a50def6c4a477faff0469ff380c34b13c751c58a3ffcc2af0edc875476e6c293');
INSERT INTO "evidence" VALUES(1,21,X'7B224074696D657374616D70223A22323032362D31312D32395430343A34353A30342E3432333238355A222C22686F73742E6E616D65223A2277656231222C226C6F672E7379736C6F672E6170706E616D65223A2273736864222C2270726F636573732E706964223A343131302C226D657373616765223A224661696C65642070617373776F726420666F72206465706C6F792066726F6D203230332E302E3131332E363620706F72742034303132382073736832227D','{"@timestamp":"2026-11-29T04:45:04.423285Z","event.ingested":"2026-11-29T04:46:21.42697Z","host.name":"web1","log.syslog.appname":"sshd","process.pid":4110,"message":"Failed password for deploy from 203.0.113.66 port 40128 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"deploy","source.address":"203.0.113.66","source.ip":"203.0.113.66","source.port":40128,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","process.name":"sshd","event.provider":"sshd","vakt.listener":"http","vakt.transport":"http","vakt.drill":true,"event.original":"{\"@timestamp\":\"2026-11-29T04:45:04.423285Z\",\"host.name\":\"web1\",\"log.syslog.appname\":\"sshd\",\"process.pid\":4110,\"message\":\"Failed password for deploy from 203.0.113.66 port 40128 ssh2\"}"}',1795927504423285,1795927581426970,'4f604270ffb83478a416fca6b952271e8a51840496db2f916f7eb23594c002bd');
INSERT INTO "evidence" VALUES(1,23,X'7B224074696D657374616D70223A22323032362D31312D32395430343A34353A30382E3432333238355A222C22686F73742E6E616D65223A2277656231222C226C6F672E7379736C6F672E6170706E616D65223A2273736864222C2270726F636573732E706964223A343131312C226D657373616765223A224661696C65642070617373776F726420666F72206465706C6F792066726F6D203230332E302E3131332E363620706F72742034303133302073736832227D','{"@timestamp":"2026-11-29T04:45:08.423285Z","event.ingested":"2026-11-29T04:46:21.42697Z","host.name":"web1","log.syslog.appname":"sshd","process.pid":4111,"message":"Failed password for deploy from 203.0.113.66 port 40130 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"deploy","source.address":"203.0.113.66","source.ip":"203.0.113.66","source.port":40130,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","process.name":"sshd","event.provider":"sshd","vakt.listener":"http","vakt.transport":"http","vakt.drill":true,"event.original":"{\"@timestamp\":\"2026-11-29T04:45:08.423285Z\",\"host.name\":\"web1\",\"log.syslog.appname\":\"sshd\",\"process.pid\":4111,\"message\":\"Failed password for deploy from 203.0.113.66 port 40130 ssh2\"}"}',1795927508423285,1795927581426970,'8c4f0b7e2d3e4d06d70bfe8e1f4b6820bf211d3f45f3ce4bbf958c97701c453b');
INSERT INTO "evidence" VALUES(1,25,X'7B224074696D657374616D70223A22323032362D31312D32395430343A34353A31322E3432333238355A222C22686F73742E6E616D65223A2277656231222C226C6F672E7379736C6F672E6170706E616D65223A2273736864222C2270726F636573732E706964223A343131322C226D657373616765223A224661696C65642070617373776F726420666F72206465706C6F792066726F6D203230332E302E3131332E363620706F72742034303133322073736832227D','{"@timestamp":"2026-11-29T04:45:12.423285Z","event.ingested":"2026-11-29T04:46:21.42697Z","host.name":"web1","log.syslog.appname":"sshd","process.pid":4112,"message":"Failed password for deploy from 203.0.113.66 port 40132 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"deploy","source.address":"203.0.113.66","source.ip":"203.0.113.66","source.port":40132,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","process.name":"sshd","event.provider":"sshd","vakt.listener":"http","vakt.transport":"http","vakt.drill":true,"event.original":"{\"@timestamp\":\"2026-11-29T04:45:12.423285Z\",\"host.name\":\"web1\",\"log.syslog.appname\":\"sshd\",\"process.pid\":4112,\"message\":\"Failed password for deploy from 203.0.113.66 port 40132 ssh2\"}"}',1795927512423285,1795927581426970,'a8f8ed4d7f4a307ebee65c531ab0852e05240bd23319d304d8faf1e9d3b258fa');
INSERT INTO "evidence" VALUES(1,27,X'7B224074696D657374616D70223A22323032362D31312D32395430343A34353A31362E3432333238355A222C22686F73742E6E616D65223A2277656231222C226C6F672E7379736C6F672E6170706E616D65223A2273736864222C2270726F636573732E706964223A343131332C226D657373616765223A224661696C65642070617373776F726420666F72206465706C6F792066726F6D203230332E302E3131332E363620706F72742034303133342073736832227D','{"@timestamp":"2026-11-29T04:45:16.423285Z","event.ingested":"2026-11-29T04:46:21.42697Z","host.name":"web1","log.syslog.appname":"sshd","process.pid":4113,"message":"Failed password for deploy from 203.0.113.66 port 40134 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"deploy","source.address":"203.0.113.66","source.ip":"203.0.113.66","source.port":40134,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","process.name":"sshd","event.provider":"sshd","vakt.listener":"http","vakt.transport":"http","vakt.drill":true,"event.original":"{\"@timestamp\":\"2026-11-29T04:45:16.423285Z\",\"host.name\":\"web1\",\"log.syslog.appname\":\"sshd\",\"process.pid\":4113,\"message\":\"Failed password for deploy from 203.0.113.66 port 40134 ssh2\"}"}',1795927516423285,1795927581426970,'a3e7711572779bf5133d9c07413bc75495e0ebd5d5816445d19f0f28f459c0be');
INSERT INTO "evidence" VALUES(1,29,X'7B224074696D657374616D70223A22323032362D31312D32395430343A34353A32332E3432333238355A222C22686F73742E6E616D65223A2277656231222C226C6F672E7379736C6F672E6170706E616D65223A2273736864222C2270726F636573732E706964223A343132302C226D657373616765223A2241636365707465642070617373776F726420666F72206465706C6F792066726F6D203230332E302E3131332E363620706F72742034303133362073736832227D','{"@timestamp":"2026-11-29T04:45:23.423285Z","event.ingested":"2026-11-29T04:46:21.42697Z","host.name":"web1","log.syslog.appname":"sshd","process.pid":4120,"message":"Accepted password for deploy from 203.0.113.66 port 40136 ssh2","event.category":["authentication","session"],"event.type":"start","event.action":"ssh_login","event.outcome":"success","user.name":"deploy","source.address":"203.0.113.66","source.ip":"203.0.113.66","source.port":40136,"system.auth.ssh.event":"Accepted","system.auth.ssh.method":"password","event.dataset":"system.auth","process.name":"sshd","event.provider":"sshd","vakt.listener":"http","vakt.transport":"http","vakt.drill":true,"event.original":"{\"@timestamp\":\"2026-11-29T04:45:23.423285Z\",\"host.name\":\"web1\",\"log.syslog.appname\":\"sshd\",\"process.pid\":4120,\"message\":\"Accepted password for deploy from 203.0.113.66 port 40136 ssh2\"}"}',1795927523423285,1795927581426970,'24f939d03d3057b3f0009f563eaab5efa9231521ec5ef8df2f935ae8edd416ff');
INSERT INTO "evidence" VALUES(3,44,X'3C33383E3120323032362D31312D32395430373A35343A30385A207765623120737368642034303030202D202D204661696C65642070617373776F726420666F7220726F6F742066726F6D203230332E302E3131332E3720706F72742034303030302073736832','{"@timestamp":"2026-11-29T07:54:08Z","event.ingested":"2026-11-29T07:54:08.477855Z","log.syslog.priority":38,"log.syslog.facility.code":4,"log.syslog.facility.name":"auth","log.syslog.severity.code":6,"log.syslog.severity.name":"informational","log.syslog.version":"1","host.name":"web1","log.syslog.hostname":"web1","log.syslog.appname":"sshd","log.syslog.procid":"4000","process.name":"sshd","process.pid":4000,"message":"Failed password for root from 203.0.113.7 port 40000 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"root","source.address":"203.0.113.7","source.ip":"203.0.113.7","source.port":40000,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","event.provider":"sshd","vakt.listener":"syslog-tcp","vakt.transport":"tcp","event.original":"<38>1 2026-11-29T07:54:08Z web1 sshd 4000 - - Failed password for root from 203.0.113.7 port 40000 ssh2"}',1795938848000000,1795938848477855,'29fe799438760c82d9a7133eb2707c16dab9ffad534a40c65e95884d00956030');
INSERT INTO "evidence" VALUES(3,45,X'3C33383E3120323032362D31312D32395430373A35343A30385A207765623120737368642034303031202D202D204661696C65642070617373776F726420666F7220726F6F742066726F6D203230332E302E3131332E3720706F72742034303030312073736832','{"@timestamp":"2026-11-29T07:54:08Z","event.ingested":"2026-11-29T07:54:08.477857Z","log.syslog.priority":38,"log.syslog.facility.code":4,"log.syslog.facility.name":"auth","log.syslog.severity.code":6,"log.syslog.severity.name":"informational","log.syslog.version":"1","host.name":"web1","log.syslog.hostname":"web1","log.syslog.appname":"sshd","log.syslog.procid":"4001","process.name":"sshd","process.pid":4001,"message":"Failed password for root from 203.0.113.7 port 40001 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"root","source.address":"203.0.113.7","source.ip":"203.0.113.7","source.port":40001,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","event.provider":"sshd","vakt.listener":"syslog-tcp","vakt.transport":"tcp","event.original":"<38>1 2026-11-29T07:54:08Z web1 sshd 4001 - - Failed password for root from 203.0.113.7 port 40001 ssh2"}',1795938848000000,1795938848477857,'bfd15f30102f8110a5463193e27ede1c121e0be52c28d7123a2d394d8566b302');
INSERT INTO "evidence" VALUES(3,46,X'3C33383E3120323032362D31312D32395430373A35343A30385A207765623120737368642034303032202D202D204661696C65642070617373776F726420666F7220726F6F742066726F6D203230332E302E3131332E3720706F72742034303030322073736832','{"@timestamp":"2026-11-29T07:54:08Z","event.ingested":"2026-11-29T07:54:08.477858Z","log.syslog.priority":38,"log.syslog.facility.code":4,"log.syslog.facility.name":"auth","log.syslog.severity.code":6,"log.syslog.severity.name":"informational","log.syslog.version":"1","host.name":"web1","log.syslog.hostname":"web1","log.syslog.appname":"sshd","log.syslog.procid":"4002","process.name":"sshd","process.pid":4002,"message":"Failed password for root from 203.0.113.7 port 40002 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"root","source.address":"203.0.113.7","source.ip":"203.0.113.7","source.port":40002,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","event.provider":"sshd","vakt.listener":"syslog-tcp","vakt.transport":"tcp","event.original":"<38>1 2026-11-29T07:54:08Z web1 sshd 4002 - - Failed password for root from 203.0.113.7 port 40002 ssh2"}',1795938848000000,1795938848477858,'a1ba20fe6103bcdd575bf08e287c3c0be11b29c76496ca6a38b712c4cf869ebb');
INSERT INTO "evidence" VALUES(3,47,X'3C33383E3120323032362D31312D32395430373A35343A30385A207765623120737368642034303033202D202D204661696C65642070617373776F726420666F7220726F6F742066726F6D203230332E302E3131332E3720706F72742034303030332073736832','{"@timestamp":"2026-11-29T07:54:08Z","event.ingested":"2026-11-29T07:54:08.477858Z","log.syslog.priority":38,"log.syslog.facility.code":4,"log.syslog.facility.name":"auth","log.syslog.severity.code":6,"log.syslog.severity.name":"informational","log.syslog.version":"1","host.name":"web1","log.syslog.hostname":"web1","log.syslog.appname":"sshd","log.syslog.procid":"4003","process.name":"sshd","process.pid":4003,"message":"Failed password for root from 203.0.113.7 port 40003 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"root","source.address":"203.0.113.7","source.ip":"203.0.113.7","source.port":40003,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","event.provider":"sshd","vakt.listener":"syslog-tcp","vakt.transport":"tcp","event.original":"<38>1 2026-11-29T07:54:08Z web1 sshd 4003 - - Failed password for root from 203.0.113.7 port 40003 ssh2"}',1795938848000000,1795938848477858,'a00081d937155354aff1fb72215fe006277397d88f1a5e7cc10c397bb16769a2');
INSERT INTO "evidence" VALUES(3,48,X'3C33383E3120323032362D31312D32395430373A35343A30385A207765623120737368642034303034202D202D204661696C65642070617373776F726420666F7220726F6F742066726F6D203230332E302E3131332E3720706F72742034303030342073736832','{"@timestamp":"2026-11-29T07:54:08Z","event.ingested":"2026-11-29T07:54:08.477858Z","log.syslog.priority":38,"log.syslog.facility.code":4,"log.syslog.facility.name":"auth","log.syslog.severity.code":6,"log.syslog.severity.name":"informational","log.syslog.version":"1","host.name":"web1","log.syslog.hostname":"web1","log.syslog.appname":"sshd","log.syslog.procid":"4004","process.name":"sshd","process.pid":4004,"message":"Failed password for root from 203.0.113.7 port 40004 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"root","source.address":"203.0.113.7","source.ip":"203.0.113.7","source.port":40004,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","event.provider":"sshd","vakt.listener":"syslog-tcp","vakt.transport":"tcp","event.original":"<38>1 2026-11-29T07:54:08Z web1 sshd 4004 - - Failed password for root from 203.0.113.7 port 40004 ssh2"}',1795938848000000,1795938848477858,'c8a37583fbc0fa7388b9b9fd762eeaa21206e5d88c8c52d0d80b1d72e74c15ec');
INSERT INTO "evidence" VALUES(3,49,X'3C33383E3120323032362D31312D32395430373A35343A30385A207765623120737368642034303035202D202D204661696C65642070617373776F726420666F7220726F6F742066726F6D203230332E302E3131332E3720706F72742034303030352073736832','{"@timestamp":"2026-11-29T07:54:08Z","event.ingested":"2026-11-29T07:54:08.47786Z","log.syslog.priority":38,"log.syslog.facility.code":4,"log.syslog.facility.name":"auth","log.syslog.severity.code":6,"log.syslog.severity.name":"informational","log.syslog.version":"1","host.name":"web1","log.syslog.hostname":"web1","log.syslog.appname":"sshd","log.syslog.procid":"4005","process.name":"sshd","process.pid":4005,"message":"Failed password for root from 203.0.113.7 port 40005 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"root","source.address":"203.0.113.7","source.ip":"203.0.113.7","source.port":40005,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","event.provider":"sshd","vakt.listener":"syslog-tcp","vakt.transport":"tcp","event.original":"<38>1 2026-11-29T07:54:08Z web1 sshd 4005 - - Failed password for root from 203.0.113.7 port 40005 ssh2"}',1795938848000000,1795938848477860,'f25fc321f8f846949d11c954720167e47bd5b253d85db64226118758a16387ae');
INSERT INTO "evidence" VALUES(3,50,X'3C33383E3120323032362D31312D32395430373A35343A30385A207765623120737368642034303036202D202D204661696C65642070617373776F726420666F7220726F6F742066726F6D203230332E302E3131332E3720706F72742034303030362073736832','{"@timestamp":"2026-11-29T07:54:08Z","event.ingested":"2026-11-29T07:54:08.47786Z","log.syslog.priority":38,"log.syslog.facility.code":4,"log.syslog.facility.name":"auth","log.syslog.severity.code":6,"log.syslog.severity.name":"informational","log.syslog.version":"1","host.name":"web1","log.syslog.hostname":"web1","log.syslog.appname":"sshd","log.syslog.procid":"4006","process.name":"sshd","process.pid":4006,"message":"Failed password for root from 203.0.113.7 port 40006 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"root","source.address":"203.0.113.7","source.ip":"203.0.113.7","source.port":40006,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","event.provider":"sshd","vakt.listener":"syslog-tcp","vakt.transport":"tcp","event.original":"<38>1 2026-11-29T07:54:08Z web1 sshd 4006 - - Failed password for root from 203.0.113.7 port 40006 ssh2"}',1795938848000000,1795938848477860,'1cd63c0a93f5f5fde2bf4fc10b655b4a6e87be03f28f8b6e2f3ba2650bbbb799');
INSERT INTO "evidence" VALUES(3,51,X'3C33383E3120323032362D31312D32395430373A35343A30385A207765623120737368642034303037202D202D204661696C65642070617373776F726420666F7220726F6F742066726F6D203230332E302E3131332E3720706F72742034303030372073736832','{"@timestamp":"2026-11-29T07:54:08Z","event.ingested":"2026-11-29T07:54:08.47786Z","log.syslog.priority":38,"log.syslog.facility.code":4,"log.syslog.facility.name":"auth","log.syslog.severity.code":6,"log.syslog.severity.name":"informational","log.syslog.version":"1","host.name":"web1","log.syslog.hostname":"web1","log.syslog.appname":"sshd","log.syslog.procid":"4007","process.name":"sshd","process.pid":4007,"message":"Failed password for root from 203.0.113.7 port 40007 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"root","source.address":"203.0.113.7","source.ip":"203.0.113.7","source.port":40007,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","event.provider":"sshd","vakt.listener":"syslog-tcp","vakt.transport":"tcp","event.original":"<38>1 2026-11-29T07:54:08Z web1 sshd 4007 - - Failed password for root from 203.0.113.7 port 40007 ssh2"}',1795938848000000,1795938848477860,'3165e451e832249a137af6264d7a3049ad87fe1ce8d9717416e5978fafdd3394');
INSERT INTO "evidence" VALUES(3,52,X'3C33383E3120323032362D31312D32395430373A35343A30385A207765623120737368642034303038202D202D204661696C65642070617373776F726420666F7220726F6F742066726F6D203230332E302E3131332E3720706F72742034303030382073736832','{"@timestamp":"2026-11-29T07:54:08Z","event.ingested":"2026-11-29T07:54:08.47786Z","log.syslog.priority":38,"log.syslog.facility.code":4,"log.syslog.facility.name":"auth","log.syslog.severity.code":6,"log.syslog.severity.name":"informational","log.syslog.version":"1","host.name":"web1","log.syslog.hostname":"web1","log.syslog.appname":"sshd","log.syslog.procid":"4008","process.name":"sshd","process.pid":4008,"message":"Failed password for root from 203.0.113.7 port 40008 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"root","source.address":"203.0.113.7","source.ip":"203.0.113.7","source.port":40008,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","event.provider":"sshd","vakt.listener":"syslog-tcp","vakt.transport":"tcp","event.original":"<38>1 2026-11-29T07:54:08Z web1 sshd 4008 - - Failed password for root from 203.0.113.7 port 40008 ssh2"}',1795938848000000,1795938848477860,'60b146ecb11344bf2a331c26f68644a93265eb6d2c26d70d1381ba4b54517b6d');
INSERT INTO "evidence" VALUES(3,53,X'3C33383E3120323032362D31312D32395430373A35343A30385A207765623120737368642034303039202D202D204661696C65642070617373776F726420666F7220726F6F742066726F6D203230332E302E3131332E3720706F72742034303030392073736832','{"@timestamp":"2026-11-29T07:54:08Z","event.ingested":"2026-11-29T07:54:08.477862Z","log.syslog.priority":38,"log.syslog.facility.code":4,"log.syslog.facility.name":"auth","log.syslog.severity.code":6,"log.syslog.severity.name":"informational","log.syslog.version":"1","host.name":"web1","log.syslog.hostname":"web1","log.syslog.appname":"sshd","log.syslog.procid":"4009","process.name":"sshd","process.pid":4009,"message":"Failed password for root from 203.0.113.7 port 40009 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"root","source.address":"203.0.113.7","source.ip":"203.0.113.7","source.port":40009,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","event.provider":"sshd","vakt.listener":"syslog-tcp","vakt.transport":"tcp","event.original":"<38>1 2026-11-29T07:54:08Z web1 sshd 4009 - - Failed password for root from 203.0.113.7 port 40009 ssh2"}',1795938848000000,1795938848477862,'b24ea2f222dc178f6dd569df5074bf6ab12551891baf5ffb9233ec5753fe1c1c');
INSERT INTO "evidence" VALUES(3,54,X'3C33383E3120323032362D31312D32395430373A35343A30385A207765623120737368642034303130202D202D204661696C65642070617373776F726420666F7220726F6F742066726F6D203230332E302E3131332E3720706F72742034303031302073736832','{"@timestamp":"2026-11-29T07:54:08Z","event.ingested":"2026-11-29T07:54:08.477862Z","log.syslog.priority":38,"log.syslog.facility.code":4,"log.syslog.facility.name":"auth","log.syslog.severity.code":6,"log.syslog.severity.name":"informational","log.syslog.version":"1","host.name":"web1","log.syslog.hostname":"web1","log.syslog.appname":"sshd","log.syslog.procid":"4010","process.name":"sshd","process.pid":4010,"message":"Failed password for root from 203.0.113.7 port 40010 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"root","source.address":"203.0.113.7","source.ip":"203.0.113.7","source.port":40010,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","event.provider":"sshd","vakt.listener":"syslog-tcp","vakt.transport":"tcp","event.original":"<38>1 2026-11-29T07:54:08Z web1 sshd 4010 - - Failed password for root from 203.0.113.7 port 40010 ssh2"}',1795938848000000,1795938848477862,'8eaf05ac9a3dbc4ebd723a4381c21dc3636f1b1a7638ede62a06fc612dfdd28a');
INSERT INTO "evidence" VALUES(3,55,X'3C33383E3120323032362D31312D32395430373A35343A30385A207765623120737368642034303131202D202D204661696C65642070617373776F726420666F7220726F6F742066726F6D203230332E302E3131332E3720706F72742034303031312073736832','{"@timestamp":"2026-11-29T07:54:08Z","event.ingested":"2026-11-29T07:54:08.477862Z","log.syslog.priority":38,"log.syslog.facility.code":4,"log.syslog.facility.name":"auth","log.syslog.severity.code":6,"log.syslog.severity.name":"informational","log.syslog.version":"1","host.name":"web1","log.syslog.hostname":"web1","log.syslog.appname":"sshd","log.syslog.procid":"4011","process.name":"sshd","process.pid":4011,"message":"Failed password for root from 203.0.113.7 port 40011 ssh2","event.category":"authentication","event.type":"info","event.action":"ssh_login","event.outcome":"failure","user.name":"root","source.address":"203.0.113.7","source.ip":"203.0.113.7","source.port":40011,"system.auth.ssh.event":"Failed","system.auth.ssh.method":"password","event.dataset":"system.auth","event.provider":"sshd","vakt.listener":"syslog-tcp","vakt.transport":"tcp","event.original":"<38>1 2026-11-29T07:54:08Z web1 sshd 4011 - - Failed password for root from 203.0.113.7 port 40011 ssh2"}',1795938848000000,1795938848477862,'78842ee69756f87e474dea8340af064e94af9557a33ed4b2539fff0713296fd4');
INSERT INTO "evidence" VALUES(3,56,X'3C33383E3120323032362D31312D32395430373A35343A30385A207765623120737368642034393939202D202D2041636365707465642070617373776F726420666F7220726F6F742066726F6D203230332E302E3131332E3720706F72742035303030302073736832','{"@timestamp":"2026-11-29T07:54:08Z","event.ingested":"2026-11-29T07:54:08.477862Z","log.syslog.priority":38,"log.syslog.facility.code":4,"log.syslog.facility.name":"auth","log.syslog.severity.code":6,"log.syslog.severity.name":"informational","log.syslog.version":"1","host.name":"web1","log.syslog.hostname":"web1","log.syslog.appname":"sshd","log.syslog.procid":"4999","process.name":"sshd","process.pid":4999,"message":"Accepted password for root from 203.0.113.7 port 50000 ssh2","event.category":["authentication","session"],"event.type":"start","event.action":"ssh_login","event.outcome":"success","user.name":"root","source.address":"203.0.113.7","source.ip":"203.0.113.7","source.port":50000,"system.auth.ssh.event":"Accepted","system.auth.ssh.method":"password","event.dataset":"system.auth","event.provider":"sshd","vakt.listener":"syslog-tcp","vakt.transport":"tcp","event.original":"<38>1 2026-11-29T07:54:08Z web1 sshd 4999 - - Accepted password for root from 203.0.113.7 port 50000 ssh2"}',1795938848000000,1795938848477862,'0d46536c46f07f71abadb59316be01e291063fd51e838574016ad233d5e3c065');
INSERT INTO "evidence" VALUES(4,57,X'3C33383E3120323032362D31312D32395430353A30303A30305A20776562312070726F62652031202D202D20706F7274616C20697320646F776E','{"@timestamp":"2026-11-29T05:00:00Z","event.ingested":"2026-11-29T05:00:00Z","log.syslog.priority":38,"log.syslog.facility.code":4,"log.syslog.facility.name":"auth","log.syslog.severity.code":6,"log.syslog.severity.name":"informational","log.syslog.version":"1","host.name":"web1","log.syslog.hostname":"web1","log.syslog.appname":"probe","log.syslog.procid":"1","process.name":"probe","process.pid":1,"message":"portal is down","vakt.listener":"syslog-tcp","vakt.transport":"tcp","event.original":"<38>1 2026-11-29T05:00:00Z web1 probe 1 - - portal is down"}',1795928400000000,1795928400000000,'e8c38e461cd9c77d00aaa9a8f909c3a6c6d3b9e31d2f4adcdc0ae6d0223da69e');
CREATE TABLE facts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    fact TEXT NOT NULL,
    at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    claimed_by TEXT NOT NULL,
    party TEXT NOT NULL,
    reason TEXT,
    report TEXT,
    regime TEXT,
    reference TEXT,
    due INTEGER,
    source TEXT
, fields TEXT, revises INTEGER REFERENCES facts (id), approves INTEGER REFERENCES facts (id), into_incident TEXT) STRICT;
INSERT INTO "facts" VALUES(1,1,'detected',1795927581439091,1795927581446891,'vakt','vakt','own',NULL,NULL,NULL,NULL,NULL,'rule a44c76ad-f40b-48c1-af56-04f157390478',NULL,NULL,NULL,NULL);
INSERT INTO "facts" VALUES(2,2,'detected',1795161600000000,1795927581643676,'admin','admin','own',NULL,NULL,NULL,NULL,NULL,'opened by hand',NULL,NULL,NULL,NULL);
INSERT INTO "facts" VALUES(3,2,'aware',1795165200000000,1795927582075130,'admin','Bo Ek','own','seen',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "facts" VALUES(4,2,'aware_pdb',1795168800000000,1795927582105603,'admin','admin','own',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "facts" VALUES(5,2,'submitted',1795204800000000,1795927582143465,'admin','admin','own',NULL,'early_warning',NULL,'A-1',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "facts" VALUES(6,2,'submitted',1795377600000000,1795927582178578,'admin','admin','own',NULL,'notification',NULL,'A-2',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "facts" VALUES(7,2,'authority_request',1795420800000000,1795927582205237,'admin','admin','own',NULL,NULL,NULL,NULL,1795608000000000,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "facts" VALUES(8,1,'dismissed',1795927560000000,1795927582224350,'admin','admin','own','a drill',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "facts" VALUES(9,3,'detected',1795938848480098,1795938848530580,'vakt','vakt','own',NULL,NULL,NULL,NULL,NULL,'rule a44c76ad-f40b-48c1-af56-04f157390478',NULL,NULL,NULL,NULL);
INSERT INTO "facts" VALUES(10,4,'detected',1795928400000000,1795930260000000,'vakt','vakt','own',NULL,NULL,NULL,NULL,NULL,'event 57 of rule 9b2d6a34-58c1-4a0e-9d58-0e5b8f1d7a01',NULL,NULL,NULL,NULL);
INSERT INTO "facts" VALUES(11,4,'service_lost',1795928400000000,1795930260000000,'vakt','vakt','own',NULL,NULL,NULL,NULL,NULL,'event 57 of rule 9b2d6a34-58c1-4a0e-9d58-0e5b8f1d7a01','{"service":"portal","kind":"complete"}',NULL,NULL,NULL);
INSERT INTO "facts" VALUES(12,4,'criterion_met',1795930200000001,1795930260000000,'vakt','vakt','own','MSP-a (Art. 10(a)) of portal',NULL,NULL,NULL,NULL,'event 57 of rule 9b2d6a34-58c1-4a0e-9d58-0e5b8f1d7a01','{"criterion":"MSP-a","citation":"Art. 10(a)","entity_type":"msp","service":"portal","kind":"complete","since":"2026-11-29T05:00:00Z","at_by_overrun":"2026-11-29T05:30:00.000001Z","data":"2026-11-29"}',NULL,NULL,NULL);
INSERT INTO "facts" VALUES(13,4,'submitted',1795930260000000,1795930260000000,'admin','admin','own',NULL,'early_warning','nis2-se','X-1',NULL,'command','{"organisation_name":"Fjällnät IT AB","organisation_number":"559000-0000","contact":"jour@fjallnat.example","incident_ongoing":"Ja","course_of_events":"2026-11-29 kl. 06.00.00 (UTC+01:00): Incidenten upptäcktes\n2026-11-29 kl. 06.00.00 (UTC+01:00): En tjänst slutade att fungera\n2026-11-29 kl. 06.00.00 (UTC+01:00): Larm från regeln ”The portal does not answer”, avser web1 (1 händelse till och med 2026-11-29 kl. 06.00.00 (UTC+01:00))","detected_at":"2026-11-29 kl. 06.00.00 (UTC+01:00)","detection_method":"Automatiskt, genom en regel i verksamhetens loggövervakning: ”The portal does not answer”","document":{"id":1,"version":1,"file":2,"name":"early_warning.sv.v1.md","sha256":"e1604920699cca0b60b4a6b22db2a9edbf6bc9b86a8d585c590b0afff1b67074","blake3":"57f864adba200ad54c4c822c4ffcafffc13367c6acf50dfec27968175498e5d5"}}',NULL,NULL,NULL);
INSERT INTO "facts" VALUES(14,5,'detected',1795930260000000,1795930260000000,'report:anonymous','somebody anonymous','own','report D9E31DA4F99B',NULL,NULL,NULL,NULL,'report',NULL,NULL,NULL,NULL);
INSERT INTO "facts" VALUES(15,5,'assessment_started',1795930260000000,1795930260000000,'report:anonymous','somebody anonymous','own','report D9E31DA4F99B',NULL,NULL,NULL,NULL,'report',NULL,NULL,NULL,NULL);
CREATE TABLE firing (
    output TEXT NOT NULL,
    notice TEXT NOT NULL,
    payload TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER, rank INTEGER NOT NULL DEFAULT 0, told_at INTEGER, error TEXT,
    PRIMARY KEY (output, notice)
) STRICT, WITHOUT ROWID;
CREATE TABLE incident_keys (
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    key TEXT NOT NULL,
    PRIMARY KEY (key, incident)
) STRICT, WITHOUT ROWID;
CREATE TABLE incidents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    origin TEXT NOT NULL CHECK (origin IN ('detection', 'manual', 'burst')),
    title TEXT NOT NULL,
    -- Derived from the facts and clocks; kept for filtering.
    state TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    party TEXT NOT NULL,
    drill INTEGER NOT NULL,
    historic INTEGER NOT NULL,
    stream TEXT NOT NULL,
    level INTEGER,
    rule_id TEXT,
    rule_title TEXT,
    entity TEXT NOT NULL,
    techniques TEXT NOT NULL,
    regimes TEXT NOT NULL,
    organisation_configured INTEGER NOT NULL,
    detected_at INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    opened_by TEXT NOT NULL,
    first_claimed INTEGER,
    first_received INTEGER,
    match_count INTEGER NOT NULL DEFAULT 0,
    event_count INTEGER NOT NULL DEFAULT 0,
    evidence_total INTEGER NOT NULL DEFAULT 0,
    evidence_bytes INTEGER NOT NULL DEFAULT 0
, last_received INTEGER, risk_score REAL) STRICT;
INSERT INTO "incidents" VALUES(1,'8b321970075e67b4e3e4278bacf28b0c','detection','SSH login succeeds after many failures: 203.0.113.66','dismissed',0,'own',1,0,'default',3,'a44c76ad-f40b-48c1-af56-04f157390478','SSH login succeeds after many failures','[["source.ip","203.0.113.66"]]','["T1021.004","T1078","T1110.001"]','["nis2-se"]',0,1795927581439091,1795927581446891,'vakt',1795927464423285,1795927581426970,1,13,13,13915,NULL,NULL);
INSERT INTO "incidents" VALUES(2,'cb5943a509e639c3cb3ef3a7b0351aba','manual','A customer called','notified',1,'own',0,0,'default',NULL,NULL,NULL,'[]','[]','["nis2-se","gdpr"]',0,1795161600000000,1795927581643676,'admin',NULL,NULL,0,0,0,0,NULL,NULL);
INSERT INTO "incidents" VALUES(3,'0004c9837aeabee69970dcc0cf1c1985','detection','SSH login succeeds after many failures: 203.0.113.7','draft',1,'own',0,0,'default',3,'a44c76ad-f40b-48c1-af56-04f157390478','SSH login succeeds after many failures','[["source.ip","203.0.113.7"]]','["T1021.004","T1078","T1110.001"]','["nis2-se"]',0,1795938848480098,1795938848530580,'vakt',1795938848000000,1795938848477855,1,13,13,14148,NULL,NULL);
INSERT INTO "incidents" VALUES(4,'1ad459e2d4f7d407989ce2efc737c7f1','manual','Outage of portal','early_warned',1,'own',0,0,'default',1,NULL,NULL,'[["vakt.service","portal"]]','[]','["nis2-se"]',1,1795928400000000,1795930260000000,'vakt',1795928400000000,1795928400000000,1,1,1,617,1795928400000000,NULL);
INSERT INTO "incidents" VALUES(5,'119d2e8e84d531c9f11d112d152d1a24','manual','Report from somebody anonymous','assessing',1,'own',0,0,'default',NULL,NULL,NULL,'[]','[]','["nis2-se"]',1,1795930260000000,1795930260000000,'report:anonymous',NULL,NULL,0,0,0,0,NULL,NULL);
CREATE TABLE intake_reports (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    receipt TEXT NOT NULL UNIQUE,
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    source TEXT NOT NULL CHECK (source IN ('own', 'supplier', 'customer', 'anonymous')),
    -- The supplier or customer.
    party TEXT,
    -- The name of the token or user; none where it was anonymous.
    sender TEXT,
    happened TEXT NOT NULL,
    description TEXT NOT NULL,
    contact TEXT,
    files TEXT NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
INSERT INTO "intake_reports" VALUES(1,'D9E31DA4F99B',5,'anonymous',NULL,NULL,'','Mail with a link',NULL,'[]',1795930260000000);
CREATE TABLE maintenance (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    scope TEXT NOT NULL,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    begins INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    -- It was recorded after its start, and covers nothing.
    late INTEGER NOT NULL,
    ended_at INTEGER,
    ended_by TEXT,
    end_reason TEXT,
    covered INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE matches (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    alert INTEGER NOT NULL REFERENCES alerts (seq) ON DELETE CASCADE,
    detected_at INTEGER NOT NULL,
    host TEXT,
    -- The positions of that event's records, as JSON.
    records TEXT NOT NULL
) STRICT;
INSERT INTO "matches" VALUES(1,13,1795928400000000,'web1','[57]');
CREATE TABLE notices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Kind and subject: a notice is filed once.
    subject TEXT NOT NULL UNIQUE,
    -- The name that receivers know it by.
    uid TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    routed INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO "notices" VALUES(1,'draft 0004c9837aeabee69970dcc0cf1c1985','1','draft','{"kind":"draft","title":"SSH login succeeds after many failures","rule":{"id":"a44c76ad-f40b-48c1-af56-04f157390478","title":"SSH login succeeds after many failures"},"level":"high","host":"web1","entity":"203.0.113.7","count":1,"event_count":13,"detected_at":"2026-11-29T07:54:08.480098Z","stream":"default","alert":"5ac13b67d5b1e4caf4ca78288c59b23c","incident":"0004c9837aeabee69970dcc0cf1c1985","number":3,"deadline":"2026-11-30T07:54:08.480098Z","burst":false,"historic":false}',1795938848530580,1);
INSERT INTO "notices" VALUES(2,'overdue cb5943a509e639c3cb3ef3a7b0351aba own nis2-se intermediate 100 2026-11-25T12:00:00Z','12c85049fcbb24ef37a361e61fc9d23e','overdue','{"title":"A customer called","rule":null,"level":null,"host":null,"entity":"","count":0,"event_count":0,"detected_at":"2026-11-20T08:00:00Z","stream":"default","party":"own","incident":"cb5943a509e639c3cb3ef3a7b0351aba","number":2,"historic":false,"state":"notified","deadline":"2026-11-25T12:00:00Z","deadline_local":"by 13:00 on 25 November 2026 (Wednesday, +01:00)","clock":{"regime":"nis2-se","stage":"intermediate","term":"delrapport","state":"overdue","zone":"Europe/Stockholm","last_day":null},"share":100,"mark":"own nis2-se intermediate","kind":"overdue"}',1795928400000000,1);
INSERT INTO "notices" VALUES(3,'overdue cb5943a509e639c3cb3ef3a7b0351aba own gdpr authority 100 2026-11-23T10:00:00Z','af3bcb681dba7c8fdf4da3d9b5132b2a','overdue','{"title":"A customer called","rule":null,"level":null,"host":null,"entity":"","count":0,"event_count":0,"detected_at":"2026-11-20T08:00:00Z","stream":"default","party":"own","incident":"cb5943a509e639c3cb3ef3a7b0351aba","number":2,"historic":false,"state":"notified","deadline":"2026-11-23T10:00:00Z","deadline_local":"by 11:00 on 23 November 2026 (Monday, +01:00)","clock":{"regime":"gdpr","stage":"authority","term":null,"state":"overdue","zone":"Europe/Stockholm","last_day":null},"share":100,"mark":"own gdpr authority","kind":"overdue"}',1795928400000000,1);
INSERT INTO "notices" VALUES(4,'draft 1ad459e2d4f7d407989ce2efc737c7f1','9e9736f3e5acb446201e599469e534d0','draft','{"title":"Outage of portal","rule":null,"level":"low","host":"web1","entity":"","count":1,"event_count":1,"detected_at":"2026-11-29T05:00:00Z","stream":"default","party":"own","incident":"1ad459e2d4f7d407989ce2efc737c7f1","number":4,"historic":false,"deadline":"2026-11-30T05:00:00Z","deadline_local":"by 06:00 on 30 November 2026 (Monday, +01:00)","clock":{"regime":"nis2-se","stage":"early_warning","term":"upplysning","state":"provisional","zone":"Europe/Stockholm","last_day":null},"burst":false,"kind":"draft"}',1795930260000000,1);
INSERT INTO "notices" VALUES(5,'criterion_met 1ad459e2d4f7d407989ce2efc737c7f1 portal 2026-11-29T05:00:00Z MSP-a 2 true','e591cdbff19bffd6fce7cb13d3b7e4cb','criterion_met','{"title":"Outage of portal","rule":null,"level":"low","host":"web1","entity":"","count":1,"event_count":1,"detected_at":"2026-11-29T05:00:00Z","stream":"default","party":"own","incident":"1ad459e2d4f7d407989ce2efc737c7f1","number":4,"historic":false,"state":"draft","service":"portal","deadline":"2026-11-29T05:30:00.000001Z","deadline_local":"at 06:30 on 29 November 2026 (Sunday, +01:00)","clock":{"zone":"Europe/Stockholm"},"criterion":{"id":"MSP-a","citation":"Art. 10(a)","en":"Complete unavailability","sv":"Helt otillgänglig","outcome":"met","missing":[],"at_by_overrun":"2026-11-29T05:30:00.000001Z"},"kind":"criterion_met"}',1795930260000000,1);
INSERT INTO "notices" VALUES(6,'awareness 1ad459e2d4f7d407989ce2efc737c7f1 13','06fa6592898533f9ea48a91e5225445c','awareness','{"title":"Outage of portal","rule":null,"level":"low","host":"web1","entity":"","count":1,"event_count":1,"detected_at":"2026-11-29T05:00:00Z","stream":"default","party":"own","incident":"1ad459e2d4f7d407989ce2efc737c7f1","number":4,"historic":false,"state":"early_warned","recorded_by":"admin","deadline":"2026-12-02T05:31:00Z","deadline_local":"by 06:31 on 2 December 2026 (Wednesday, +01:00)","clock":{"regime":"nis2-se","stage":"notification","term":"incidentanmälan","state":"running","zone":"Europe/Stockholm","last_day":null},"kind":"awareness"}',1795930260000000,1);
INSERT INTO "notices" VALUES(7,'report D9E31DA4F99B','93cf974104deb3b01a66ce1aedb63124','report','{"title":"Report from somebody anonymous","rule":null,"level":null,"host":null,"entity":"","count":0,"event_count":0,"detected_at":"2026-11-29T05:31:00Z","stream":"default","party":"own","incident":"119d2e8e84d531c9f11d112d152d1a24","number":5,"historic":false,"state":"assessing","report":{"receipt":"D9E31DA4F99B","source":"anonymous","party":null},"kind":"report"}',1795930260000000,1);
CREATE TABLE observables (
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    included INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (incident, field, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE outage_incidents (
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    service TEXT NOT NULL,
    drill INTEGER NOT NULL,
    since INTEGER NOT NULL,
    -- That it is over was recorded.
    restored INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (service, drill, since)
) STRICT, WITHOUT ROWID;
INSERT INTO "outage_incidents" VALUES(4,'portal',0,1795928400000000,0);
CREATE TABLE quarter_reviews (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    quarter TEXT NOT NULL,
    signed_by TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    note TEXT,
    looked_at TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
INSERT INTO "quarter_reviews" VALUES(1,'1903c48fae8441e16ccc2e00c470a8f6','2026-Q3','Ada','admin',1795930260000000,'none','{"causes":[],"without_cause":[]}','a266e9707f9219d2c69e3b2a6287fb392bbeb175f80d132a56ddf49223afc06d');
CREATE TABLE recurring_members (
    recurring INTEGER NOT NULL REFERENCES incidents (seq),
    member INTEGER NOT NULL REFERENCES incidents (seq),
    PRIMARY KEY (recurring, member)
) STRICT, WITHOUT ROWID;
CREATE TABLE regimes_data (
    hash TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    text TEXT NOT NULL,
    first_used INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "regimes_data" VALUES('00a61e64be6d9435699b5d65e4fc24d04224d74950a9bad930c0d7010743b92e','2026-11-29','# Reporting duties as data: who must report what, counted from which fact, within which time.
# Not legal advice. `verification` says how sure we are of a regime''s text:
#   P read in the official text, S read in a secondary source, U not verified.
#
# A copy of this file can take its place (`incidents: {regimes_file: …}` of the configuration). Give
# it a `version` of its own: every incident is computed anew, and keeps what the version before gave.
#
# A calendar says which days are days off, those to which `weekdays`, `dates` (every year), `easter` (days
# from Easter Day) and `moving` (the one such weekday between two dates) point. `like` adds
# those of a calendar before it.
#
# A regime is
#   id, name      as they are written in incidents and shown
#   like          a regime before it: its stages and local rules hold where none are written here,
#                 and a stage that is written here takes the place of the one of its name
#   family        regimes of one family share their reports; the id where it is not given
#   zone          the IANA time zone whose calendar counts
#   language      the language in which its authority is written to: `en` (the rule) or `sv`
#   days_off      the calendar that says to which day the law lets the act of a last day move
#   shift         where that is not the end of the next working day: `until_hour`, the hour of it, and
#                 whether limits in hours move, too (`also_hours`)
#   anchor        `awareness` (the rule) or `detection`: from when a declared awareness counts
#   applies_from, applies_until    the first local day on which the duty exists, and exists no more
#   note          words for people
#   cautions      what to heed before a report is handed over: `text` in the regime''s language, and
#                 `english` where that is another
#   contacts      ways to the authority where its portal is down: `name`, `way`, `verification`, `note`
#   notices       texts to the recipients of the services, which no clock counts: `notice` (its name),
#                 `term`, `citation` and `fields` as in a stage
# A stage is
#   stage         its name in clocks and in the fact `submitted` (`report`)
#   abbreviation  the short name that is usual in the field
#   term          the statute''s own word
#   start         the fact from which the time counts; `submitted.X` is the submission of report X
#   pick          with several such facts: `earliest` (the rule) or `latest`
#   within        {hours: N} elapsed seconds; {months: N}, {days: N} and {working_days: N} calendar
#                 periods that end with the last hour of their last day in `zone`; `undue_delay` has
#                 no number
#   changes       other periods, each `from` a local day of the start on
#   or_within     a second limit from another fact: the earlier of both counts, unless its fact
#                 comes after the first limit has passed, then it counts alone
#   successor     the limit that replaces this one once report `report` is submitted while `start`
#                 has not happened yet
#   also_met_by   other reports that contain this one
#   shown         `always` (the rule), `once_started` or `once_submitted`
#   each_customer each affected customer is owed one, within the hours of its contract
#   fields        what the form asks for, in its order, each with its words under `labels`; `_opt`
#                 marks what may stay empty
#   projected     the words for people while `start` has not happened
#   note          the words for people once it runs
# A label gives a field of a form its words: `{field: cross_border, sv: …, en: …}`, without `_opt`.
# A contract is what a customer (`party`) was promised for a regime with notices to customers:
# `{party: acme, regime: gdpr-processor, within: {hours: 24}, channel: the portal of acme}`, and where
# it counts from another fact, `start`.
schema: 1
version: "2026-11-29"

calendars:
  - id: se-holidays
    citation: Lag (1989:253) om allmänna helgdagar 1 §, Sundays apart
    dates: ["01-01", "01-06", "05-01", "06-06", "12-25", "12-26"]
    easter: [-2, 0, 1, 39, 49]
    moving:
      - {weekday: saturday, first: "06-20", last: "06-26"}
      - {weekday: saturday, first: "10-31", last: "11-06"}
  - id: eu-se
    citation: Regulation (EEC, Euratom) 1182/71 Art. 3(4), in Sweden
    like: se-holidays
    weekdays: [saturday, sunday]
  - id: se
    citation: Lag (1930:173) om beräkning av lagstadgad tid 2 §, with the eves that it names
    like: eu-se
    dates: ["12-24", "12-31"]
    moving:
      - {weekday: friday, first: "06-19", last: "06-25"}
  - id: weekends
    citation: Regulation (EEC, Euratom) 1182/71 Art. 3(4), where the public holidays are not in this data
    weekdays: [saturday, sunday]

# What the product itself asks for; never shown as a legal deadline.
targets:
  assessment_hours: 4
  decision_hours: 8
  answer_hours: 24

# What the forms'' fields are called where they are shown. The Swedish words follow the statute and
# the Swedish text of the directive; those of the official form were not seen.
labels:
  - {field: organisation_name, sv: Verksamhetsutövarens namn, en: Name of the entity}
  - {field: organisation_number, sv: Organisationsnummer, en: Organisation number}
  - {field: contact, sv: Kontaktperson och kontaktuppgifter, en: Contact person and how to reach them}
  - {field: incident_ongoing, sv: "Pågår incidenten fortfarande?", en: "Is the incident still going on?"}
  - {field: course_of_events, sv: Händelseförlopp, en: Course of events}
  - {field: detected_at, sv: "När upptäcktes incidenten?", en: "When was the incident detected?"}
  - {field: detection_method, sv: "Hur upptäcktes incidenten?", en: "How was it detected?"}
  - field: suspected_malicious_or_unlawful
    sv: Misstänks incidenten ha orsakats av olagliga eller avsiktligt skadliga handlingar?
    en: Is it suspected to be caused by unlawful or malicious acts?
  - {field: supplier_origin, sv: "Har incidenten sitt ursprung hos en leverantör?", en: "Does it originate from a supplier?"}
  - {field: effect_on_sector_activity, sv: "Hur påverkas verksamheten inom sektorn?", en: "How does it affect the activity in the sector?"}
  - {field: consequences_actual_or_feared, sv: Konsekvenser som har uppstått eller som befaras, en: Consequences that have occurred or are feared}
  - {field: cross_border, sv: "Kan incidenten ha gränsöverskridande verkningar?", en: "Could it have a cross-border impact?"}
  - {field: update_of_ew, sv: Uppdatering av upplysningen, en: Update of the early warning}
  - {field: occurred_at, sv: "När inträffade incidenten?", en: "When did the incident occur?"}
  - {field: ended_or_expected_end, sv: "När upphörde incidenten, eller när väntas den upphöra?", en: "When did it end, or when is it expected to?"}
  - {field: cause_assessment, sv: Bedömning av orsaken, en: Assessment of the cause}
  - {field: system_impact, sv: Påverkan på nätverks- och informationssystem, en: Impact on network and information systems}
  - {field: severity_and_impact, sv: Incidentens allvarlighetsgrad och konsekvenser, en: Severity and impact of the incident}
  - {field: ioc, sv: Angreppsindikatorer, en: Indicators of compromise}
  - {field: protected_information_impact, sv: Påverkan på skyddad information, en: Impact on information that needs protection}
  - {field: measures_taken, sv: Vidtagna åtgärder, en: Measures taken}
  - {field: remaining_risks, sv: Kvarstående risker, en: Remaining risks}
  - {field: status_updates, sv: Relevanta statusuppdateringar, en: Relevant status updates}
  - {field: why_ongoing, sv: "Varför pågår incidenten fortfarande?", en: "Why is the incident still going on?"}
  - {field: expected_duration, sv: "Hur länge väntas incidenten pågå?", en: "How long is it expected to go on?"}
  - {field: continued_impact, sv: Fortsatt påverkan, en: Continued impact}
  - {field: next_update_plan, sv: "När och hur lämnas nästa uppdatering?", en: "When and how will the next update come?"}
  - {field: final_consequences, sv: Slutliga konsekvenser, en: Final consequences}
  - {field: recipients_affected_estimate, sv: Uppskattat antal berörda mottagare av tjänster, en: Estimated number of recipients affected}
  - {field: geographic_area, sv: Berört geografiskt område, en: Geographic area affected}
  - {field: economic_damage, sv: Ekonomisk skada, en: Economic damage}
  - {field: effect_on_important_societal_functions, sv: Påverkan på viktiga samhällsfunktioner, en: Effect on important societal functions}
  - {field: detailed_root_cause, sv: Utförlig beskrivning av grundorsaken eller typen av hot, en: "Root cause or type of threat, in detail"}
  - {field: technical_measures, sv: Tekniska åtgärder, en: Technical measures}
  - {field: organisational_measures, sv: Organisatoriska åtgärder, en: Organisational measures}
  - {field: mitigation, sv: Vidtagna och pågående åtgärder för att begränsa konsekvenserna, en: "Mitigation, applied and ongoing"}
  - {field: recurrence_prevention, sv: Åtgärder för att förhindra att incidenten upprepas, en: Prevention of recurrence}
  - {field: management_approval, sv: Ledningens godkännande, en: Approval by management}
  - {field: nature_of_breach, sv: Personuppgiftsincidentens art, en: Nature of the personal data breach}
  - {field: data_subjects_and_records, sv: Kategorier av och ungefärligt antal registrerade och personuppgiftsposter, en: Categories and approximate numbers of data subjects and records}
  - {field: data_protection_contact, sv: Dataskyddsombud eller annan kontaktpunkt, en: Data protection officer or other contact point}
  - {field: likely_consequences, sv: Sannolika konsekvenser, en: Likely consequences}
  # Those of notices are read by people who know nothing of the law.
  - {field: what_happened, sv: "Vad har hänt?", en: "What has happened?"}
  - {field: threat_description, sv: "Vad består hotet i?", en: "What is the threat?"}
  - {field: effect_on_service, sv: "Hur påverkas tjänsten?", en: "How is the service affected?"}
  - {field: effect_on_recipients, sv: "Vad betyder det för er?", en: "What does it mean for you?"}
  - {field: what_we_do, sv: "Vad gör vi?", en: "What are we doing?"}
  - {field: advice_to_recipients, sv: "Vad kan ni göra?", en: "What can you do?"}
  - {field: contact_for_questions, sv: "Vart vänder ni er med frågor?", en: "Whom can you ask?"}

regimes:
  - id: nis2
    name: NIS2 directive, important and essential entities
    family: nis2
    zone: Europe/Stockholm
    days_off: se
    citation: Directive (EU) 2022/2555 Art. 23(4)
    verification: P
    notices:
      - notice: recipients_incident
        citation: Directive (EU) 2022/2555 Art. 23(1)
        fields: &incident_notice [what_happened, effect_on_service_opt, effect_on_recipients, what_we_do,
                 advice_to_recipients_opt, contact_for_questions]
      - notice: recipients_threat
        citation: Directive (EU) 2022/2555 Art. 23(2)
        fields: &threat_notice [threat_description, advice_to_recipients, what_we_do_opt, contact_for_questions]
    stages:
      - stage: early_warning
        abbreviation: ew
        start: aware
        within: {hours: 24}
        also_met_by: [notification]
        projected: 24 hours after the organisation becomes aware
        citation: Art. 23(4)(a)
        fields: [suspected_malicious_or_unlawful_opt, cross_border_opt]
      - stage: notification
        abbreviation: in
        start: aware
        within: {hours: 72}
        projected: 72 hours after the organisation becomes aware
        citation: Art. 23(4)(b)
        fields: [update_of_ew, severity_and_impact, ioc_opt]
      - stage: intermediate
        abbreviation: ir
        start: authority_request
        within: undue_delay
        shown: once_started
        projected: when the authority asks for it
        note: without undue delay, or by the date that the request sets
        citation: Art. 23(4)(c)
        fields: [status_updates]
      - stage: progress
        abbreviation: pr
        start: submitted.notification
        within: {months: 1}
        shown: once_submitted
        projected: instead of the final report while the incident goes on
        citation: Art. 23(4)(e)
      - stage: final
        abbreviation: fr
        start: submitted.notification
        within: {months: 1}
        successor:
          report: progress
          start: handled
          abbreviation: fr2
          projected: one month after the incident is handled
        projected: one month after the notification is submitted
        note: while the incident still goes on then, a progress report is due instead
        citation: Art. 23(4)(d) and (e)
        fields: [severity_and_impact, detailed_root_cause, mitigation, cross_border_opt]

  - id: nis2-se
    name: NIS2 in Swedish law
    family: nis2
    zone: Europe/Stockholm
    language: sv
    days_off: se
    citation: Cybersäkerhetslag (2025:1506) 2 kap. 5-8 §§; lag (1930:173) 1-2 §§
    verification: P
    note: the names of the form''s fields are from a secondary source; the official form was not seen
    cautions:
      - text: >-
          Lämna inga uppgifter som är säkerhetsskyddsklassificerade enligt säkerhetsskyddslagen (2018:585).
          Skyldigheten att lämna uppgifter gäller inte dem (1 kap. 13 § cybersäkerhetslagen).
        english: >-
          Hand over nothing that is security-classified under the Protective Security Act: the duty to hand
          over information does not cover it (chapter 1, section 13 of the Cybersecurity Act).
      - text: >-
          Fältens namn och ordning kommer från en andrahandskälla. Vi har inte sett det officiella
          formuläret. Jämför därför med det innan du lämnar uppgifterna.
        english: >-
          The names and the order of the fields are from a secondary source. The official form was not
          seen: compare with it.
    contacts:
      - name: Cyberportalen
        way: https://cyberportal.ncsc.se
        verification: S
        note: the incident tool since 1 July 2026, still being built; a fallback procedure exists
      - name: CERT-SE
        way: "+46 10 240 40 40"
        verification: S
        note: from its RFC 2350 profile of 1 June 2026; find out beforehand whether it still holds
    notices:
      - notice: recipients_incident
        term: information till mottagare av tjänster
        citation: cybersäkerhetslagen (2025:1506) 2 kap. 9 §
        fields: *incident_notice
      - notice: recipients_threat
        term: information om ett betydande cyberhot
        citation: cybersäkerhetslagen (2025:1506) 2 kap. 10 §
        fields: *threat_notice
    stages:
      - stage: early_warning
        abbreviation: ew
        term: upplysning
        start: aware
        within: {hours: 24}
        also_met_by: [notification]
        projected: 24 hours after the organisation becomes aware
        citation: 2 kap. 5 §
        fields: [organisation_name, organisation_number, contact, incident_ongoing, course_of_events,
                 detected_at, detection_method, suspected_malicious_or_unlawful, supplier_origin_opt,
                 effect_on_sector_activity, consequences_actual_or_feared, cross_border_opt]
      - stage: notification
        abbreviation: in
        term: incidentanmälan
        start: aware
        within: {hours: 72}
        projected: 72 hours after the organisation becomes aware
        citation: 2 kap. 6 §
        fields: [update_of_ew, occurred_at, ended_or_expected_end_opt, cause_assessment, system_impact,
                 ioc_opt, protected_information_impact_opt, measures_taken, remaining_risks]
      - stage: intermediate
        abbreviation: ir
        term: delrapport
        start: authority_request
        within: undue_delay
        shown: once_started
        projected: when the authority asks for it
        note: without undue delay, or by the date that the request sets
        citation: 2 kap. 7 §
        fields: [status_updates]
      - stage: progress
        abbreviation: pr
        term: lägesrapport
        start: submitted.notification
        within: {months: 1}
        shown: once_submitted
        projected: instead of the final report while the incident goes on
        citation: 2 kap. 8 §
        fields: [why_ongoing, expected_duration, continued_impact, ioc_opt, next_update_plan]
      - stage: final
        abbreviation: fr
        term: slutrapport
        start: submitted.notification
        within: {months: 1}
        successor:
          report: progress
          start: handled
          abbreviation: fr2
          projected: one month after the incident is handled
        projected: one month after the notification is submitted
        note: while the incident still goes on then, a progress report is due instead
        citation: 2 kap. 8 §
        fields: [final_consequences, recipients_affected_estimate, geographic_area, economic_damage,
                 cross_border_opt, effect_on_important_societal_functions, detailed_root_cause,
                 technical_measures, organisational_measures, mitigation, recurrence_prevention,
                 management_approval]

  - id: nis2-tsp
    name: NIS2, trust service provider whose trust service is affected
    like: nis2
    citation: Directive (EU) 2022/2555 Art. 23(4), last subparagraph; cybersäkerhetslag 2 kap. 6 §
    verification: P
    stages:
      - stage: notification
        abbreviation: in
        start: aware
        within: {hours: 24}
        projected: 24 hours after the organisation becomes aware
        note: falls due together with the early warning; one submission may serve both
        citation: Art. 23(4), last subparagraph

  - id: gdpr
    name: GDPR, personal data breach, controller
    family: gdpr
    zone: Europe/Stockholm
    language: sv
    days_off: eu-se
    citation: Regulation (EU) 2016/679 Art. 33-34
    verification: P
    stages:
      - stage: authority
        abbreviation: sa
        start: aware_pdb
        within: {hours: 72}
        projected: 72 hours after the controller becomes aware of the breach
        citation: Art. 33(1) and (3)
        fields: [nature_of_breach, data_subjects_and_records, data_protection_contact, likely_consequences,
                 measures_taken]
      - stage: subjects
        abbreviation: subjects
        start: aware_pdb
        within: undue_delay
        projected: without undue delay, where the risk to persons is high
        note: without undue delay, where the risk to persons is high
        citation: Art. 34(1)

  - id: gdpr-processor
    name: GDPR, personal data breach, processor
    family: gdpr-processor
    zone: Europe/Stockholm
    days_off: eu-se
    citation: Regulation (EU) 2016/679 Art. 33(2)
    verification: P
    stages:
      - stage: controller
        abbreviation: controller
        start: aware_pdb
        within: undue_delay
        each_customer: true
        projected: without undue delay, or within the hours of the contract
        note: without undue delay, or within the hours of the contract
        citation: Art. 33(2)
        fields: [nature_of_breach, data_subjects_and_records, likely_consequences, measures_taken]

  - id: dora
    name: DORA, major ICT-related incident of a financial entity
    family: dora
    zone: Europe/Stockholm
    days_off: eu-se
    shift: {until_hour: 12, also_hours: true}
    citation: Regulation (EU) 2022/2554 Art. 19; Delegated Regulation (EU) 2025/301 Art. 5(1)-(2), (4)
    verification: P
    note: >-
      noon of the next working day, where a limit falls on a day off, is not for the initial and the
      intermediate report of banks, central counterparties, trading venues and entities under NIS2,
      nor for those that the authority excludes (Art. 5(5)-(6)); it is shown and never planned on
    stages:
      - stage: initial
        abbreviation: initial
        start: aware
        within: {hours: 24}
        or_within: {start: classified, within: {hours: 4}}
        projected: 4 hours after classification as major, at most 24 hours after becoming aware
        citation: Delegated Regulation (EU) 2025/301 Art. 5(1)(a), 5(2)
      - stage: intermediate
        abbreviation: intermediate
        start: submitted.initial
        within: {hours: 72}
        projected: 72 hours after the initial notification is submitted
        note: due also where nothing changed; again without undue delay when the status changes
        citation: Delegated Regulation (EU) 2025/301 Art. 5(1)(b)
      - stage: final
        abbreviation: final
        start: submitted.intermediate
        pick: latest
        within: {months: 1}
        projected: one month after the latest intermediate report is submitted
        citation: Delegated Regulation (EU) 2025/301 Art. 5(1)(c)

  - id: cra-vuln
    name: CRA, actively exploited vulnerability in a product of ours
    family: cra-vuln
    zone: Europe/Stockholm
    days_off: eu-se
    applies_from: "2026-09-11"
    citation: Regulation (EU) 2024/2847 Art. 14(1)-(2); Regulation (EEC, Euratom) 1182/71 Art. 3
    verification: P
    stages:
      - stage: early_warning
        abbreviation: ew
        start: aware_vuln
        within: {hours: 24}
        also_met_by: [notification]
        projected: 24 hours after the manufacturer becomes aware of the exploitation
        citation: Art. 14(2)(a)
      - stage: notification
        abbreviation: vn
        start: aware_vuln
        within: {hours: 72}
        projected: 72 hours after the manufacturer becomes aware of the exploitation
        citation: Art. 14(2)(b)
      - stage: final
        abbreviation: fr
        start: measure_available
        within: {days: 14}
        projected: 14 days after a corrective or mitigating measure is available
        citation: Art. 14(2)(c)

  - id: cra-incident
    name: CRA, severe incident that affects the security of a product of ours
    family: cra-incident
    zone: Europe/Stockholm
    days_off: eu-se
    applies_from: "2026-09-11"
    citation: Regulation (EU) 2024/2847 Art. 14(3)-(5); Regulation (EEC, Euratom) 1182/71 Art. 3
    verification: P
    stages:
      - stage: early_warning
        abbreviation: ew
        start: aware_sev
        within: {hours: 24}
        also_met_by: [notification]
        projected: 24 hours after the manufacturer becomes aware of the severe incident
        citation: Art. 14(4)(a)
      - stage: notification
        abbreviation: in
        start: aware_sev
        within: {hours: 72}
        projected: 72 hours after the manufacturer becomes aware of the severe incident
        citation: Art. 14(4)(b)
      - stage: final
        abbreviation: fr
        start: submitted.notification
        within: {months: 1}
        projected: one month after the notification is submitted
        citation: Art. 14(4)(c)

  - id: cer
    name: CER directive, critical entities
    family: cer
    zone: Europe/Stockholm
    days_off: eu-se
    # The Swedish act was not checked. "Thereafter" in Art. 15(1) is read as after the initial
    # notification''s submission.
    citation: Directive (EU) 2022/2557 Art. 15(1)
    verification: P
    stages:
      - stage: initial
        abbreviation: initial
        start: aware
        within: {hours: 24}
        projected: 24 hours after the entity becomes aware
        citation: Art. 15(1)
      - stage: detailed
        abbreviation: detailed
        start: submitted.initial
        within: {months: 1}
        projected: one month after the initial notification is submitted
        note: where relevant
        citation: Art. 15(1)

  - id: eidas-nontsp
    name: eIDAS, non-qualified trust service provider
    family: eidas-nontsp
    zone: Europe/Stockholm
    days_off: eu-se
    citation: Regulation (EU) 910/2014 Art. 19a(1)(b)
    verification: P
    stages:
      - stage: notification
        abbreviation: n
        start: aware
        within: {hours: 24}
        projected: 24 hours after the provider becomes aware
        citation: Art. 19a(1)(b)

  - id: eidas-qtsp
    name: eIDAS, qualified trust service provider
    family: eidas-qtsp
    zone: Europe/Stockholm
    days_off: eu-se
    # The text counts from the incident itself, not from awareness of it.
    citation: Regulation (EU) 910/2014 Art. 24(2)(fb)
    verification: P
    stages:
      - stage: notification
        abbreviation: n
        start: occurred
        within: {hours: 24}
        projected: 24 hours after the incident occurred
        note: counted from the incident itself; until that time is recorded, from the earliest time known
        citation: Art. 24(2)(fb)

  - id: contract
    name: Notices that contracts with customers ask for
    zone: Europe/Stockholm
    days_off: eu-se
    citation: the contracts that `contracts` lists
    verification: U
    stages:
      - stage: notice
        abbreviation: notice
        start: aware
        within: undue_delay
        each_customer: true
        projected: within the hours of the contract, once awareness is declared
        note: within the hours of the contract
        citation: the contract
        fields: [what_happened, effect_on_service_opt, effect_on_recipients, what_we_do,
                 advice_to_recipients_opt, contact_for_questions]

  - id: se-state-agency
    name: MCFFS 2026:7, it incidents of Swedish state agencies
    zone: Europe/Stockholm
    days_off: se
    anchor: detection
    applies_from: "2026-07-01"
    citation: MCFFS 2026:7, as a secondary source gives it; the six hours are a third party''s word
    verification: S
    note: the regulation''s text was not seen
    stages:
      - stage: early_warning
        abbreviation: warn
        start: aware
        within: {hours: 6}
        also_met_by: [notification]
        projected: 6 hours after the incident is identified
        citation: MCFFS 2026:7
      - stage: notification
        abbreviation: in
        start: aware
        within: {hours: 72}
        projected: 72 hours after the incident is identified
        citation: MCFFS 2026:7
      - stage: final
        abbreviation: fr
        start: submitted.notification
        within: {months: 1}
        projected: one month after the notification is submitted
        citation: MCFFS 2026:7

  # Other Member States: only where their own law counts otherwise than the directive, or where the
  # channel is known. From a secondary source; check them again before you rely on them. Their
  # public holidays are not in this data: the day to which an act may move knows weekends only.
  - id: nis2-de
    name: NIS2 in German law
    like: nis2
    family: nis2-de
    zone: Europe/Berlin
    days_off: weekends
    citation: BSIG § 32
    verification: S
    note: to the BSI, by its portal; a report can be corrected and not withdrawn

  - id: nis2-be
    name: NIS2 in Belgian law
    like: nis2
    family: nis2-be
    zone: Europe/Brussels
    days_off: weekends
    citation: the Belgian NIS2 act
    verification: S
    note: to the CCB

  - id: nis2-nl
    name: NIS2 in Dutch law
    like: nis2
    family: nis2-nl
    zone: Europe/Amsterdam
    days_off: weekends
    applies_from: "2026-08-15"
    citation: Cyberbeveiligingswet
    verification: S
    note: to the NCSC by MijnNCSC, which needs eHerkenning beforehand

  - id: nis2-dk
    name: NIS2 in Danish law
    like: nis2
    family: nis2-dk
    zone: Europe/Copenhagen
    days_off: weekends
    citation: the Danish NIS2 act
    verification: S
    note: to the authority and the CSIRT

  - id: nis2-it
    name: NIS2 in Italian law
    like: nis2
    family: nis2-it
    zone: Europe/Rome
    days_off: weekends
    citation: the Italian NIS2 decree
    verification: S
    note: ACN describes the 72 hours as counted from the first notice; they are counted from awareness here, which is earlier

  - id: nis2-fi
    name: NIS2 in Finnish law
    like: nis2
    family: nis2-fi
    zone: Europe/Helsinki
    days_off: weekends
    anchor: detection
    citation: 124/2025 § 11
    verification: S
    note: the hours count from detection

  - id: nis2-pl
    name: NIS2 in Polish law
    like: nis2
    family: nis2-pl
    zone: Europe/Warsaw
    days_off: weekends
    anchor: detection
    applies_from: "2026-04-03"
    citation: the Polish NIS2 act
    verification: S
    note: the hours count from detection

  - id: nis2-si
    name: NIS2 in Slovenian law
    like: nis2
    family: nis2-si
    zone: Europe/Ljubljana
    days_off: weekends
    anchor: detection
    citation: the Slovenian NIS2 act
    verification: S
    note: the hours count from detection

  - id: nis2-sk
    name: NIS2 in Slovak law
    like: nis2
    family: nis2-sk
    zone: Europe/Bratislava
    days_off: weekends
    anchor: detection
    citation: the Slovak NIS2 act
    verification: S
    note: the hours count from detection
    stages:
      - stage: final
        abbreviation: fr
        start: submitted.notification
        within: {days: 30}
        successor:
          report: progress
          start: handled
          abbreviation: fr2
          projected: 30 days after the incident is handled
        projected: 30 days after the notification is submitted
        citation: national law, as a secondary source gives it

  - id: nis2-hr
    name: NIS2 in Croatian law
    like: nis2
    family: nis2-hr
    zone: Europe/Zagreb
    days_off: weekends
    citation: the Croatian NIS2 act
    verification: S
    stages:
      - stage: final
        abbreviation: fr
        start: submitted.notification
        within: {days: 30}
        successor:
          report: progress
          start: handled
          abbreviation: fr2
          projected: 30 days after the incident is handled
        projected: 30 days after the notification is submitted
        citation: national law, as a secondary source gives it

  - id: nis2-pt
    name: NIS2 in Portuguese law
    family: nis2
    zone: Europe/Lisbon
    days_off: weekends
    citation: the Portuguese NIS2 act
    verification: S
    note: the second stage depends on conditions that this data does not know
    stages:
      - stage: early_warning
        abbreviation: ew
        start: aware
        within: {hours: 24}
        also_met_by: [notification]
        projected: 24 hours after the determination
        citation: national law, as a secondary source gives it
      - stage: notification
        abbreviation: in
        start: aware
        within: {hours: 72}
        projected: 72 hours after the determination
        citation: national law, as a secondary source gives it
      - stage: impact_ended
        abbreviation: end
        start: service_restored
        within: {hours: 24}
        projected: 24 hours after the impact ended
        citation: national law, as a secondary source gives it
      - stage: final
        abbreviation: fr
        start: submitted.impact_ended
        within: {working_days: 30}
        projected: 30 working days after the notice that the impact ended
        citation: national law, as a secondary source gives it

# Contracts with customers; none are compiled in.
contracts: []
',1795928400000000);
INSERT INTO "regimes_data" VALUES('cace1a453bdc70719dc1255b690938826734ee674e95c1ca222ab3095eb1cd57','2026-11-29','# Reporting duties as data: who must report what, counted from which fact, within which time.
# Not legal advice. `verification` says how sure we are of a regime''s text:
#   P read in the official text, S read in a secondary source, U not verified.
#
# A copy of this file can take its place (`incidents: {regimes_file: …}` of the configuration). Give
# it a `version` of its own: every incident is computed anew, and keeps what the version before gave.
#
# A calendar says which days are days off, those to which `weekdays`, `dates` (every year), `easter` (days
# from Easter Day) and `moving` (the one such weekday between two dates) point. `like` adds
# those of a calendar before it.
#
# A regime is
#   id, name      as they are written in incidents and shown
#   like          a regime before it: its stages and local rules hold where none are written here,
#                 and a stage that is written here takes the place of the one of its name
#   family        regimes of one family share their reports; the id where it is not given
#   zone          the IANA time zone whose calendar counts
#   days_off      the calendar that says to which day the law lets the act of a last day move
#   shift         where that is not the end of the next working day: `until_hour`, the hour of it, and
#                 whether limits in hours move, too (`also_hours`)
#   anchor        `awareness` (the rule) or `detection`: from when a declared awareness counts
#   applies_from, applies_until    the first local day on which the duty exists, and exists no more
#   note          words for people
# A stage is
#   stage         its name in clocks and in the fact `submitted` (`report`)
#   abbreviation  the short name that is usual in the field
#   term          the statute''s own word
#   start         the fact from which the time counts; `submitted.X` is the submission of report X
#   pick          with several such facts: `earliest` (the rule) or `latest`
#   within        {hours: N} elapsed seconds; {months: N}, {days: N} and {working_days: N} calendar
#                 periods that end with the last hour of their last day in `zone`; `undue_delay` has
#                 no number
#   changes       other periods, each `from` a local day of the start on
#   or_within     a second limit from another fact: the earlier of both counts, unless its fact
#                 comes after the first limit has passed, then it counts alone
#   successor     the limit that replaces this one once report `report` is submitted while `start`
#                 has not happened yet
#   also_met_by   other reports that contain this one
#   shown         `always` (the rule), `once_started` or `once_submitted`
#   each_customer each affected customer is owed one, within the hours of its contract
#   fields        what the form asks for, in its order; `_opt` marks what may stay empty
#   projected     the words for people while `start` has not happened
#   note          the words for people once it runs
# A contract is what a customer (`party`) was promised for a regime with notices to customers:
# `{party: acme, regime: gdpr-processor, within: {hours: 24}, channel: the portal of acme}`, and where
# it counts from another fact, `start`.
schema: 1
version: "2026-11-29"

calendars:
  - id: se-holidays
    citation: Lag (1989:253) om allmänna helgdagar 1 §, Sundays apart
    dates: ["01-01", "01-06", "05-01", "06-06", "12-25", "12-26"]
    easter: [-2, 0, 1, 39, 49]
    moving:
      - {weekday: saturday, first: "06-20", last: "06-26"}
      - {weekday: saturday, first: "10-31", last: "11-06"}
  - id: eu-se
    citation: Regulation (EEC, Euratom) 1182/71 Art. 3(4), in Sweden
    like: se-holidays
    weekdays: [saturday, sunday]
  - id: se
    citation: Lag (1930:173) om beräkning av lagstadgad tid 2 §, with the eves that it names
    like: eu-se
    dates: ["12-24", "12-31"]
    moving:
      - {weekday: friday, first: "06-19", last: "06-25"}
  - id: weekends
    citation: Regulation (EEC, Euratom) 1182/71 Art. 3(4), where the public holidays are not in this data
    weekdays: [saturday, sunday]

# What the product itself asks for; never shown as a legal deadline.
targets:
  assessment_hours: 4
  decision_hours: 8
  answer_hours: 24

regimes:
  - id: nis2
    name: NIS2 directive, important and essential entities
    family: nis2
    zone: Europe/Stockholm
    days_off: se
    citation: Directive (EU) 2022/2555 Art. 23(4)
    verification: P
    stages:
      - stage: early_warning
        abbreviation: ew
        start: aware
        within: {hours: 24}
        also_met_by: [notification]
        projected: 24 hours after the organisation becomes aware
        citation: Art. 23(4)(a)
      - stage: notification
        abbreviation: in
        start: aware
        within: {hours: 72}
        projected: 72 hours after the organisation becomes aware
        citation: Art. 23(4)(b)
      - stage: intermediate
        abbreviation: ir
        start: authority_request
        within: undue_delay
        shown: once_started
        projected: when the authority asks for it
        note: without undue delay, or by the date that the request sets
        citation: Art. 23(4)(c)
      - stage: progress
        abbreviation: pr
        start: submitted.notification
        within: {months: 1}
        shown: once_submitted
        projected: instead of the final report while the incident goes on
        citation: Art. 23(4)(e)
      - stage: final
        abbreviation: fr
        start: submitted.notification
        within: {months: 1}
        successor:
          report: progress
          start: handled
          abbreviation: fr2
          projected: one month after the incident is handled
        projected: one month after the notification is submitted
        note: while the incident still goes on then, a progress report is due instead
        citation: Art. 23(4)(d) and (e)

  - id: nis2-se
    name: NIS2 in Swedish law
    family: nis2
    zone: Europe/Stockholm
    days_off: se
    citation: Cybersäkerhetslag (2025:1506) 2 kap. 5-8 §§; lag (1930:173) 1-2 §§
    verification: P
    note: the names of the form''s fields are from a secondary source; the official form was not seen
    stages:
      - stage: early_warning
        abbreviation: ew
        term: upplysning
        start: aware
        within: {hours: 24}
        also_met_by: [notification]
        projected: 24 hours after the organisation becomes aware
        citation: 2 kap. 5 §
        fields: [organisation_name, organisation_number, contact, incident_ongoing, course_of_events,
                 detected_at, detection_method, suspected_malicious_or_unlawful, supplier_origin_opt,
                 effect_on_sector_activity, consequences_actual_or_feared, cross_border_opt]
      - stage: notification
        abbreviation: in
        term: incidentanmälan
        start: aware
        within: {hours: 72}
        projected: 72 hours after the organisation becomes aware
        citation: 2 kap. 6 §
        fields: [update_of_ew, occurred_at, ended_or_expected_end_opt, cause_assessment, system_impact,
                 ioc_opt, protected_information_impact_opt, measures_taken, remaining_risks]
      - stage: intermediate
        abbreviation: ir
        term: delrapport
        start: authority_request
        within: undue_delay
        shown: once_started
        projected: when the authority asks for it
        note: without undue delay, or by the date that the request sets
        citation: 2 kap. 7 §
      - stage: progress
        abbreviation: pr
        term: lägesrapport
        start: submitted.notification
        within: {months: 1}
        shown: once_submitted
        projected: instead of the final report while the incident goes on
        citation: 2 kap. 8 §
        fields: [why_ongoing, expected_duration, continued_impact, ioc_opt, next_update_plan]
      - stage: final
        abbreviation: fr
        term: slutrapport
        start: submitted.notification
        within: {months: 1}
        successor:
          report: progress
          start: handled
          abbreviation: fr2
          projected: one month after the incident is handled
        projected: one month after the notification is submitted
        note: while the incident still goes on then, a progress report is due instead
        citation: 2 kap. 8 §
        fields: [final_consequences, recipients_affected_estimate, geographic_area, economic_damage,
                 cross_border_opt, effect_on_important_societal_functions, detailed_root_cause,
                 technical_measures, organisational_measures, mitigation, recurrence_prevention,
                 management_approval]

  - id: nis2-tsp
    name: NIS2, trust service provider whose trust service is affected
    like: nis2
    citation: Directive (EU) 2022/2555 Art. 23(4), last subparagraph; cybersäkerhetslag 2 kap. 6 §
    verification: P
    stages:
      - stage: notification
        abbreviation: in
        start: aware
        within: {hours: 24}
        projected: 24 hours after the organisation becomes aware
        note: falls due together with the early warning; one submission may serve both
        citation: Art. 23(4), last subparagraph

  - id: gdpr
    name: GDPR, personal data breach, controller
    family: gdpr
    zone: Europe/Stockholm
    days_off: eu-se
    citation: Regulation (EU) 2016/679 Art. 33-34
    verification: P
    stages:
      - stage: authority
        abbreviation: sa
        start: aware_pdb
        within: {hours: 72}
        projected: 72 hours after the controller becomes aware of the breach
        citation: Art. 33(1)
      - stage: subjects
        abbreviation: subjects
        start: aware_pdb
        within: undue_delay
        projected: without undue delay, where the risk to persons is high
        note: without undue delay, where the risk to persons is high
        citation: Art. 34(1)

  - id: gdpr-processor
    name: GDPR, personal data breach, processor
    family: gdpr-processor
    zone: Europe/Stockholm
    days_off: eu-se
    citation: Regulation (EU) 2016/679 Art. 33(2)
    verification: P
    stages:
      - stage: controller
        abbreviation: controller
        start: aware_pdb
        within: undue_delay
        each_customer: true
        projected: without undue delay, or within the hours of the contract
        note: without undue delay, or within the hours of the contract
        citation: Art. 33(2)

  - id: dora
    name: DORA, major ICT-related incident of a financial entity
    family: dora
    zone: Europe/Stockholm
    days_off: eu-se
    shift: {until_hour: 12, also_hours: true}
    citation: Regulation (EU) 2022/2554 Art. 19; Delegated Regulation (EU) 2025/301 Art. 5(1)-(2), (4)
    verification: P
    note: >-
      noon of the next working day, where a limit falls on a day off, is not for the initial and the
      intermediate report of banks, central counterparties, trading venues and entities under NIS2,
      nor for those that the authority excludes (Art. 5(5)-(6)); it is shown and never planned on
    stages:
      - stage: initial
        abbreviation: initial
        start: aware
        within: {hours: 24}
        or_within: {start: classified, within: {hours: 4}}
        projected: 4 hours after classification as major, at most 24 hours after becoming aware
        citation: Delegated Regulation (EU) 2025/301 Art. 5(1)(a), 5(2)
      - stage: intermediate
        abbreviation: intermediate
        start: submitted.initial
        within: {hours: 72}
        projected: 72 hours after the initial notification is submitted
        note: due also where nothing changed; again without undue delay when the status changes
        citation: Delegated Regulation (EU) 2025/301 Art. 5(1)(b)
      - stage: final
        abbreviation: final
        start: submitted.intermediate
        pick: latest
        within: {months: 1}
        projected: one month after the latest intermediate report is submitted
        citation: Delegated Regulation (EU) 2025/301 Art. 5(1)(c)

  - id: cra-vuln
    name: CRA, actively exploited vulnerability in a product of ours
    family: cra-vuln
    zone: Europe/Stockholm
    days_off: eu-se
    applies_from: "2026-09-11"
    citation: Regulation (EU) 2024/2847 Art. 14(1)-(2); Regulation (EEC, Euratom) 1182/71 Art. 3
    verification: P
    stages:
      - stage: early_warning
        abbreviation: ew
        start: aware_vuln
        within: {hours: 24}
        also_met_by: [notification]
        projected: 24 hours after the manufacturer becomes aware of the exploitation
        citation: Art. 14(2)(a)
      - stage: notification
        abbreviation: vn
        start: aware_vuln
        within: {hours: 72}
        projected: 72 hours after the manufacturer becomes aware of the exploitation
        citation: Art. 14(2)(b)
      - stage: final
        abbreviation: fr
        start: measure_available
        within: {days: 14}
        projected: 14 days after a corrective or mitigating measure is available
        citation: Art. 14(2)(c)

  - id: cra-incident
    name: CRA, severe incident that affects the security of a product of ours
    family: cra-incident
    zone: Europe/Stockholm
    days_off: eu-se
    applies_from: "2026-09-11"
    citation: Regulation (EU) 2024/2847 Art. 14(3)-(5); Regulation (EEC, Euratom) 1182/71 Art. 3
    verification: P
    stages:
      - stage: early_warning
        abbreviation: ew
        start: aware_sev
        within: {hours: 24}
        also_met_by: [notification]
        projected: 24 hours after the manufacturer becomes aware of the severe incident
        citation: Art. 14(4)(a)
      - stage: notification
        abbreviation: in
        start: aware_sev
        within: {hours: 72}
        projected: 72 hours after the manufacturer becomes aware of the severe incident
        citation: Art. 14(4)(b)
      - stage: final
        abbreviation: fr
        start: submitted.notification
        within: {months: 1}
        projected: one month after the notification is submitted
        citation: Art. 14(4)(c)

  - id: cer
    name: CER directive, critical entities
    family: cer
    zone: Europe/Stockholm
    days_off: eu-se
    # The Swedish act was not checked. "Thereafter" in Art. 15(1) is read as after the initial
    # notification''s submission.
    citation: Directive (EU) 2022/2557 Art. 15(1)
    verification: P
    stages:
      - stage: initial
        abbreviation: initial
        start: aware
        within: {hours: 24}
        projected: 24 hours after the entity becomes aware
        citation: Art. 15(1)
      - stage: detailed
        abbreviation: detailed
        start: submitted.initial
        within: {months: 1}
        projected: one month after the initial notification is submitted
        note: where relevant
        citation: Art. 15(1)

  - id: eidas-nontsp
    name: eIDAS, non-qualified trust service provider
    family: eidas-nontsp
    zone: Europe/Stockholm
    days_off: eu-se
    citation: Regulation (EU) 910/2014 Art. 19a(1)(b)
    verification: P
    stages:
      - stage: notification
        abbreviation: n
        start: aware
        within: {hours: 24}
        projected: 24 hours after the provider becomes aware
        citation: Art. 19a(1)(b)

  - id: eidas-qtsp
    name: eIDAS, qualified trust service provider
    family: eidas-qtsp
    zone: Europe/Stockholm
    days_off: eu-se
    # The text counts from the incident itself, not from awareness of it.
    citation: Regulation (EU) 910/2014 Art. 24(2)(fb)
    verification: P
    stages:
      - stage: notification
        abbreviation: n
        start: occurred
        within: {hours: 24}
        projected: 24 hours after the incident occurred
        note: counted from the incident itself; until that time is recorded, from the earliest time known
        citation: Art. 24(2)(fb)

  - id: contract
    name: Notices that contracts with customers ask for
    zone: Europe/Stockholm
    days_off: eu-se
    citation: the contracts that `contracts` lists
    verification: U
    stages:
      - stage: notice
        abbreviation: notice
        start: aware
        within: undue_delay
        each_customer: true
        projected: within the hours of the contract, once awareness is declared
        note: within the hours of the contract
        citation: the contract

  - id: se-state-agency
    name: MCFFS 2026:7, it incidents of Swedish state agencies
    zone: Europe/Stockholm
    days_off: se
    anchor: detection
    applies_from: "2026-07-01"
    citation: MCFFS 2026:7, as a secondary source gives it; the six hours are a third party''s word
    verification: S
    note: the regulation''s text was not seen
    stages:
      - stage: early_warning
        abbreviation: warn
        start: aware
        within: {hours: 6}
        also_met_by: [notification]
        projected: 6 hours after the incident is identified
        citation: MCFFS 2026:7
      - stage: notification
        abbreviation: in
        start: aware
        within: {hours: 72}
        projected: 72 hours after the incident is identified
        citation: MCFFS 2026:7
      - stage: final
        abbreviation: fr
        start: submitted.notification
        within: {months: 1}
        projected: one month after the notification is submitted
        citation: MCFFS 2026:7

  # Other Member States: only where their own law counts otherwise than the directive, or where the
  # channel is known. From a secondary source; check them again before you rely on them. Their
  # public holidays are not in this data: the day to which an act may move knows weekends only.
  - id: nis2-de
    name: NIS2 in German law
    like: nis2
    zone: Europe/Berlin
    days_off: weekends
    citation: BSIG § 32
    verification: S
    note: to the BSI, by its portal; a report can be corrected and not withdrawn

  - id: nis2-be
    name: NIS2 in Belgian law
    like: nis2
    zone: Europe/Brussels
    days_off: weekends
    citation: the Belgian NIS2 act
    verification: S
    note: to the CCB

  - id: nis2-nl
    name: NIS2 in Dutch law
    like: nis2
    zone: Europe/Amsterdam
    days_off: weekends
    applies_from: "2026-08-15"
    citation: Cyberbeveiligingswet
    verification: S
    note: to the NCSC by MijnNCSC, which needs eHerkenning beforehand

  - id: nis2-dk
    name: NIS2 in Danish law
    like: nis2
    zone: Europe/Copenhagen
    days_off: weekends
    citation: the Danish NIS2 act
    verification: S
    note: to the authority and the CSIRT

  - id: nis2-it
    name: NIS2 in Italian law
    like: nis2
    zone: Europe/Rome
    days_off: weekends
    citation: the Italian NIS2 decree
    verification: S
    note: ACN describes the 72 hours as counted from the first notice; they are counted from awareness here, which is earlier

  - id: nis2-fi
    name: NIS2 in Finnish law
    like: nis2
    zone: Europe/Helsinki
    days_off: weekends
    anchor: detection
    citation: 124/2025 § 11
    verification: S
    note: the hours count from detection

  - id: nis2-pl
    name: NIS2 in Polish law
    like: nis2
    zone: Europe/Warsaw
    days_off: weekends
    anchor: detection
    applies_from: "2026-04-03"
    citation: the Polish NIS2 act
    verification: S
    note: the hours count from detection

  - id: nis2-si
    name: NIS2 in Slovenian law
    like: nis2
    zone: Europe/Ljubljana
    days_off: weekends
    anchor: detection
    citation: the Slovenian NIS2 act
    verification: S
    note: the hours count from detection

  - id: nis2-sk
    name: NIS2 in Slovak law
    like: nis2
    zone: Europe/Bratislava
    days_off: weekends
    anchor: detection
    citation: the Slovak NIS2 act
    verification: S
    note: the hours count from detection
    stages:
      - stage: final
        abbreviation: fr
        start: submitted.notification
        within: {days: 30}
        successor:
          report: progress
          start: handled
          abbreviation: fr2
          projected: 30 days after the incident is handled
        projected: 30 days after the notification is submitted
        citation: national law, as a secondary source gives it

  - id: nis2-hr
    name: NIS2 in Croatian law
    like: nis2
    zone: Europe/Zagreb
    days_off: weekends
    citation: the Croatian NIS2 act
    verification: S
    stages:
      - stage: final
        abbreviation: fr
        start: submitted.notification
        within: {days: 30}
        successor:
          report: progress
          start: handled
          abbreviation: fr2
          projected: 30 days after the incident is handled
        projected: 30 days after the notification is submitted
        citation: national law, as a secondary source gives it

  - id: nis2-pt
    name: NIS2 in Portuguese law
    family: nis2
    zone: Europe/Lisbon
    days_off: weekends
    citation: the Portuguese NIS2 act
    verification: S
    note: the second stage depends on conditions that this data does not know
    stages:
      - stage: early_warning
        abbreviation: ew
        start: aware
        within: {hours: 24}
        also_met_by: [notification]
        projected: 24 hours after the determination
        citation: national law, as a secondary source gives it
      - stage: notification
        abbreviation: in
        start: aware
        within: {hours: 72}
        projected: 72 hours after the determination
        citation: national law, as a secondary source gives it
      - stage: impact_ended
        abbreviation: end
        start: service_restored
        within: {hours: 24}
        projected: 24 hours after the impact ended
        citation: national law, as a secondary source gives it
      - stage: final
        abbreviation: fr
        start: submitted.impact_ended
        within: {working_days: 30}
        projected: 30 working days after the notice that the impact ended
        citation: national law, as a secondary source gives it

# Contracts with customers; none are compiled in.
contracts: []
',1795938848358922);
INSERT INTO "regimes_data" VALUES('dfe321378cc76d36dda9d02860520a898b9dc420b822da53c7df6257efe5897c','2026-11-29','# Reporting duties as data: who must report what, counted from which fact, within which time.
# Not legal advice. `verification` says how sure we are of a regime''s text:
#   P read in the official text, S read in a secondary source, U not verified.
#
# A copy of this file can take its place (`incidents: {regimes_file: …}` of the configuration). Give
# it a `version` of its own: every incident is computed anew, and keeps what the version before gave.
#
# A calendar says which days are days off, those to which `weekdays`, `dates` (every year), `easter` (days
# from Easter Day) and `moving` (the one such weekday between two dates) point. `like` adds
# those of a calendar before it.
#
# A regime is
#   id, name      as they are written in incidents and shown
#   like          a regime before it: its stages and local rules hold where none are written here,
#                 and a stage that is written here takes the place of the one of its name
#   family        regimes of one family share their reports; the id where it is not given
#   zone          the IANA time zone whose calendar counts
#   language      the language in which its authority is written to: `en` (the rule) or `sv`
#   days_off      the calendar that says to which day the law lets the act of a last day move
#   shift         where that is not the end of the next working day: `until_hour`, the hour of it, and
#                 whether limits in hours move, too (`also_hours`)
#   anchor        `awareness` (the rule) or `detection`: from when a declared awareness counts
#   applies_from, applies_until    the first local day on which the duty exists, and exists no more
#   note          words for people
#   cautions      what to heed before a report is handed over: `text` in the regime''s language, and
#                 `english` where that is another
# A stage is
#   stage         its name in clocks and in the fact `submitted` (`report`)
#   abbreviation  the short name that is usual in the field
#   term          the statute''s own word
#   start         the fact from which the time counts; `submitted.X` is the submission of report X
#   pick          with several such facts: `earliest` (the rule) or `latest`
#   within        {hours: N} elapsed seconds; {months: N}, {days: N} and {working_days: N} calendar
#                 periods that end with the last hour of their last day in `zone`; `undue_delay` has
#                 no number
#   changes       other periods, each `from` a local day of the start on
#   or_within     a second limit from another fact: the earlier of both counts, unless its fact
#                 comes after the first limit has passed, then it counts alone
#   successor     the limit that replaces this one once report `report` is submitted while `start`
#                 has not happened yet
#   also_met_by   other reports that contain this one
#   shown         `always` (the rule), `once_started` or `once_submitted`
#   each_customer each affected customer is owed one, within the hours of its contract
#   fields        what the form asks for, in its order, each with its words under `labels`; `_opt`
#                 marks what may stay empty
#   projected     the words for people while `start` has not happened
#   note          the words for people once it runs
# A label gives a field of a form its words: `{field: cross_border, sv: …, en: …}`, without `_opt`.
# A contract is what a customer (`party`) was promised for a regime with notices to customers:
# `{party: acme, regime: gdpr-processor, within: {hours: 24}, channel: the portal of acme}`, and where
# it counts from another fact, `start`.
schema: 1
version: "2026-11-29"

calendars:
  - id: se-holidays
    citation: Lag (1989:253) om allmänna helgdagar 1 §, Sundays apart
    dates: ["01-01", "01-06", "05-01", "06-06", "12-25", "12-26"]
    easter: [-2, 0, 1, 39, 49]
    moving:
      - {weekday: saturday, first: "06-20", last: "06-26"}
      - {weekday: saturday, first: "10-31", last: "11-06"}
  - id: eu-se
    citation: Regulation (EEC, Euratom) 1182/71 Art. 3(4), in Sweden
    like: se-holidays
    weekdays: [saturday, sunday]
  - id: se
    citation: Lag (1930:173) om beräkning av lagstadgad tid 2 §, with the eves that it names
    like: eu-se
    dates: ["12-24", "12-31"]
    moving:
      - {weekday: friday, first: "06-19", last: "06-25"}
  - id: weekends
    citation: Regulation (EEC, Euratom) 1182/71 Art. 3(4), where the public holidays are not in this data
    weekdays: [saturday, sunday]

# What the product itself asks for; never shown as a legal deadline.
targets:
  assessment_hours: 4
  decision_hours: 8
  answer_hours: 24

# What the forms'' fields are called where they are shown. The Swedish words follow the statute and
# the Swedish text of the directive; those of the official form were not seen.
labels:
  - {field: organisation_name, sv: Verksamhetsutövarens namn, en: Name of the entity}
  - {field: organisation_number, sv: Organisationsnummer, en: Organisation number}
  - {field: contact, sv: Kontaktperson och kontaktuppgifter, en: Contact person and how to reach them}
  - {field: incident_ongoing, sv: "Pågår incidenten fortfarande?", en: "Is the incident still going on?"}
  - {field: course_of_events, sv: Händelseförlopp, en: Course of events}
  - {field: detected_at, sv: "När upptäcktes incidenten?", en: "When was the incident detected?"}
  - {field: detection_method, sv: "Hur upptäcktes incidenten?", en: "How was it detected?"}
  - field: suspected_malicious_or_unlawful
    sv: Misstänks incidenten ha orsakats av olagliga eller avsiktligt skadliga handlingar?
    en: Is it suspected to be caused by unlawful or malicious acts?
  - {field: supplier_origin, sv: "Har incidenten sitt ursprung hos en leverantör?", en: "Does it originate from a supplier?"}
  - {field: effect_on_sector_activity, sv: "Hur påverkas verksamheten inom sektorn?", en: "How does it affect the activity in the sector?"}
  - {field: consequences_actual_or_feared, sv: Konsekvenser som har uppstått eller som befaras, en: Consequences that have occurred or are feared}
  - {field: cross_border, sv: "Kan incidenten ha gränsöverskridande verkningar?", en: "Could it have a cross-border impact?"}
  - {field: update_of_ew, sv: Uppdatering av upplysningen, en: Update of the early warning}
  - {field: occurred_at, sv: "När inträffade incidenten?", en: "When did the incident occur?"}
  - {field: ended_or_expected_end, sv: "När upphörde incidenten, eller när väntas den upphöra?", en: "When did it end, or when is it expected to?"}
  - {field: cause_assessment, sv: Bedömning av orsaken, en: Assessment of the cause}
  - {field: system_impact, sv: Påverkan på nätverks- och informationssystem, en: Impact on network and information systems}
  - {field: severity_and_impact, sv: Incidentens allvarlighetsgrad och konsekvenser, en: Severity and impact of the incident}
  - {field: ioc, sv: Angreppsindikatorer, en: Indicators of compromise}
  - {field: protected_information_impact, sv: Påverkan på skyddad information, en: Impact on information that needs protection}
  - {field: measures_taken, sv: Vidtagna åtgärder, en: Measures taken}
  - {field: remaining_risks, sv: Kvarstående risker, en: Remaining risks}
  - {field: status_updates, sv: Relevanta statusuppdateringar, en: Relevant status updates}
  - {field: why_ongoing, sv: "Varför pågår incidenten fortfarande?", en: "Why is the incident still going on?"}
  - {field: expected_duration, sv: "Hur länge väntas incidenten pågå?", en: "How long is it expected to go on?"}
  - {field: continued_impact, sv: Fortsatt påverkan, en: Continued impact}
  - {field: next_update_plan, sv: "När och hur lämnas nästa uppdatering?", en: "When and how will the next update come?"}
  - {field: final_consequences, sv: Slutliga konsekvenser, en: Final consequences}
  - {field: recipients_affected_estimate, sv: Uppskattat antal berörda mottagare av tjänster, en: Estimated number of recipients affected}
  - {field: geographic_area, sv: Berört geografiskt område, en: Geographic area affected}
  - {field: economic_damage, sv: Ekonomisk skada, en: Economic damage}
  - {field: effect_on_important_societal_functions, sv: Påverkan på viktiga samhällsfunktioner, en: Effect on important societal functions}
  - {field: detailed_root_cause, sv: Utförlig beskrivning av grundorsaken eller typen av hot, en: "Root cause or type of threat, in detail"}
  - {field: technical_measures, sv: Tekniska åtgärder, en: Technical measures}
  - {field: organisational_measures, sv: Organisatoriska åtgärder, en: Organisational measures}
  - {field: mitigation, sv: Vidtagna och pågående åtgärder för att begränsa konsekvenserna, en: "Mitigation, applied and ongoing"}
  - {field: recurrence_prevention, sv: Åtgärder för att förhindra att incidenten upprepas, en: Prevention of recurrence}
  - {field: management_approval, sv: Ledningens godkännande, en: Approval by management}
  - {field: nature_of_breach, sv: Personuppgiftsincidentens art, en: Nature of the personal data breach}
  - {field: data_subjects_and_records, sv: Kategorier av och ungefärligt antal registrerade och personuppgiftsposter, en: Categories and approximate numbers of data subjects and records}
  - {field: data_protection_contact, sv: Dataskyddsombud eller annan kontaktpunkt, en: Data protection officer or other contact point}
  - {field: likely_consequences, sv: Sannolika konsekvenser, en: Likely consequences}

regimes:
  - id: nis2
    name: NIS2 directive, important and essential entities
    family: nis2
    zone: Europe/Stockholm
    days_off: se
    citation: Directive (EU) 2022/2555 Art. 23(4)
    verification: P
    stages:
      - stage: early_warning
        abbreviation: ew
        start: aware
        within: {hours: 24}
        also_met_by: [notification]
        projected: 24 hours after the organisation becomes aware
        citation: Art. 23(4)(a)
        fields: [suspected_malicious_or_unlawful_opt, cross_border_opt]
      - stage: notification
        abbreviation: in
        start: aware
        within: {hours: 72}
        projected: 72 hours after the organisation becomes aware
        citation: Art. 23(4)(b)
        fields: [update_of_ew, severity_and_impact, ioc_opt]
      - stage: intermediate
        abbreviation: ir
        start: authority_request
        within: undue_delay
        shown: once_started
        projected: when the authority asks for it
        note: without undue delay, or by the date that the request sets
        citation: Art. 23(4)(c)
        fields: [status_updates]
      - stage: progress
        abbreviation: pr
        start: submitted.notification
        within: {months: 1}
        shown: once_submitted
        projected: instead of the final report while the incident goes on
        citation: Art. 23(4)(e)
      - stage: final
        abbreviation: fr
        start: submitted.notification
        within: {months: 1}
        successor:
          report: progress
          start: handled
          abbreviation: fr2
          projected: one month after the incident is handled
        projected: one month after the notification is submitted
        note: while the incident still goes on then, a progress report is due instead
        citation: Art. 23(4)(d) and (e)
        fields: [severity_and_impact, detailed_root_cause, mitigation, cross_border_opt]

  - id: nis2-se
    name: NIS2 in Swedish law
    family: nis2
    zone: Europe/Stockholm
    language: sv
    days_off: se
    citation: Cybersäkerhetslag (2025:1506) 2 kap. 5-8 §§; lag (1930:173) 1-2 §§
    verification: P
    note: the names of the form''s fields are from a secondary source; the official form was not seen
    cautions:
      - text: >-
          Lämna inga uppgifter som är säkerhetsskyddsklassificerade enligt säkerhetsskyddslagen (2018:585).
          Skyldigheten att lämna uppgifter gäller inte dem (1 kap. 13 § cybersäkerhetslagen).
        english: >-
          Hand over nothing that is security-classified under the Protective Security Act: the duty to hand
          over information does not cover it (chapter 1, section 13 of the Cybersecurity Act).
      - text: >-
          Fältens namn och ordning kommer från en andrahandskälla. Vi har inte sett det officiella
          formuläret. Jämför därför med det innan du lämnar uppgifterna.
        english: >-
          The names and the order of the fields are from a secondary source. The official form was not
          seen: compare with it.
    stages:
      - stage: early_warning
        abbreviation: ew
        term: upplysning
        start: aware
        within: {hours: 24}
        also_met_by: [notification]
        projected: 24 hours after the organisation becomes aware
        citation: 2 kap. 5 §
        fields: [organisation_name, organisation_number, contact, incident_ongoing, course_of_events,
                 detected_at, detection_method, suspected_malicious_or_unlawful, supplier_origin_opt,
                 effect_on_sector_activity, consequences_actual_or_feared, cross_border_opt]
      - stage: notification
        abbreviation: in
        term: incidentanmälan
        start: aware
        within: {hours: 72}
        projected: 72 hours after the organisation becomes aware
        citation: 2 kap. 6 §
        fields: [update_of_ew, occurred_at, ended_or_expected_end_opt, cause_assessment, system_impact,
                 ioc_opt, protected_information_impact_opt, measures_taken, remaining_risks]
      - stage: intermediate
        abbreviation: ir
        term: delrapport
        start: authority_request
        within: undue_delay
        shown: once_started
        projected: when the authority asks for it
        note: without undue delay, or by the date that the request sets
        citation: 2 kap. 7 §
        fields: [status_updates]
      - stage: progress
        abbreviation: pr
        term: lägesrapport
        start: submitted.notification
        within: {months: 1}
        shown: once_submitted
        projected: instead of the final report while the incident goes on
        citation: 2 kap. 8 §
        fields: [why_ongoing, expected_duration, continued_impact, ioc_opt, next_update_plan]
      - stage: final
        abbreviation: fr
        term: slutrapport
        start: submitted.notification
        within: {months: 1}
        successor:
          report: progress
          start: handled
          abbreviation: fr2
          projected: one month after the incident is handled
        projected: one month after the notification is submitted
        note: while the incident still goes on then, a progress report is due instead
        citation: 2 kap. 8 §
        fields: [final_consequences, recipients_affected_estimate, geographic_area, economic_damage,
                 cross_border_opt, effect_on_important_societal_functions, detailed_root_cause,
                 technical_measures, organisational_measures, mitigation, recurrence_prevention,
                 management_approval]

  - id: nis2-tsp
    name: NIS2, trust service provider whose trust service is affected
    like: nis2
    citation: Directive (EU) 2022/2555 Art. 23(4), last subparagraph; cybersäkerhetslag 2 kap. 6 §
    verification: P
    stages:
      - stage: notification
        abbreviation: in
        start: aware
        within: {hours: 24}
        projected: 24 hours after the organisation becomes aware
        note: falls due together with the early warning; one submission may serve both
        citation: Art. 23(4), last subparagraph

  - id: gdpr
    name: GDPR, personal data breach, controller
    family: gdpr
    zone: Europe/Stockholm
    language: sv
    days_off: eu-se
    citation: Regulation (EU) 2016/679 Art. 33-34
    verification: P
    stages:
      - stage: authority
        abbreviation: sa
        start: aware_pdb
        within: {hours: 72}
        projected: 72 hours after the controller becomes aware of the breach
        citation: Art. 33(1) and (3)
        fields: [nature_of_breach, data_subjects_and_records, data_protection_contact, likely_consequences,
                 measures_taken]
      - stage: subjects
        abbreviation: subjects
        start: aware_pdb
        within: undue_delay
        projected: without undue delay, where the risk to persons is high
        note: without undue delay, where the risk to persons is high
        citation: Art. 34(1)

  - id: gdpr-processor
    name: GDPR, personal data breach, processor
    family: gdpr-processor
    zone: Europe/Stockholm
    days_off: eu-se
    citation: Regulation (EU) 2016/679 Art. 33(2)
    verification: P
    stages:
      - stage: controller
        abbreviation: controller
        start: aware_pdb
        within: undue_delay
        each_customer: true
        projected: without undue delay, or within the hours of the contract
        note: without undue delay, or within the hours of the contract
        citation: Art. 33(2)
        fields: [nature_of_breach, data_subjects_and_records, likely_consequences, measures_taken]

  - id: dora
    name: DORA, major ICT-related incident of a financial entity
    family: dora
    zone: Europe/Stockholm
    days_off: eu-se
    shift: {until_hour: 12, also_hours: true}
    citation: Regulation (EU) 2022/2554 Art. 19; Delegated Regulation (EU) 2025/301 Art. 5(1)-(2), (4)
    verification: P
    note: >-
      noon of the next working day, where a limit falls on a day off, is not for the initial and the
      intermediate report of banks, central counterparties, trading venues and entities under NIS2,
      nor for those that the authority excludes (Art. 5(5)-(6)); it is shown and never planned on
    stages:
      - stage: initial
        abbreviation: initial
        start: aware
        within: {hours: 24}
        or_within: {start: classified, within: {hours: 4}}
        projected: 4 hours after classification as major, at most 24 hours after becoming aware
        citation: Delegated Regulation (EU) 2025/301 Art. 5(1)(a), 5(2)
      - stage: intermediate
        abbreviation: intermediate
        start: submitted.initial
        within: {hours: 72}
        projected: 72 hours after the initial notification is submitted
        note: due also where nothing changed; again without undue delay when the status changes
        citation: Delegated Regulation (EU) 2025/301 Art. 5(1)(b)
      - stage: final
        abbreviation: final
        start: submitted.intermediate
        pick: latest
        within: {months: 1}
        projected: one month after the latest intermediate report is submitted
        citation: Delegated Regulation (EU) 2025/301 Art. 5(1)(c)

  - id: cra-vuln
    name: CRA, actively exploited vulnerability in a product of ours
    family: cra-vuln
    zone: Europe/Stockholm
    days_off: eu-se
    applies_from: "2026-09-11"
    citation: Regulation (EU) 2024/2847 Art. 14(1)-(2); Regulation (EEC, Euratom) 1182/71 Art. 3
    verification: P
    stages:
      - stage: early_warning
        abbreviation: ew
        start: aware_vuln
        within: {hours: 24}
        also_met_by: [notification]
        projected: 24 hours after the manufacturer becomes aware of the exploitation
        citation: Art. 14(2)(a)
      - stage: notification
        abbreviation: vn
        start: aware_vuln
        within: {hours: 72}
        projected: 72 hours after the manufacturer becomes aware of the exploitation
        citation: Art. 14(2)(b)
      - stage: final
        abbreviation: fr
        start: measure_available
        within: {days: 14}
        projected: 14 days after a corrective or mitigating measure is available
        citation: Art. 14(2)(c)

  - id: cra-incident
    name: CRA, severe incident that affects the security of a product of ours
    family: cra-incident
    zone: Europe/Stockholm
    days_off: eu-se
    applies_from: "2026-09-11"
    citation: Regulation (EU) 2024/2847 Art. 14(3)-(5); Regulation (EEC, Euratom) 1182/71 Art. 3
    verification: P
    stages:
      - stage: early_warning
        abbreviation: ew
        start: aware_sev
        within: {hours: 24}
        also_met_by: [notification]
        projected: 24 hours after the manufacturer becomes aware of the severe incident
        citation: Art. 14(4)(a)
      - stage: notification
        abbreviation: in
        start: aware_sev
        within: {hours: 72}
        projected: 72 hours after the manufacturer becomes aware of the severe incident
        citation: Art. 14(4)(b)
      - stage: final
        abbreviation: fr
        start: submitted.notification
        within: {months: 1}
        projected: one month after the notification is submitted
        citation: Art. 14(4)(c)

  - id: cer
    name: CER directive, critical entities
    family: cer
    zone: Europe/Stockholm
    days_off: eu-se
    # The Swedish act was not checked. "Thereafter" in Art. 15(1) is read as after the initial
    # notification''s submission.
    citation: Directive (EU) 2022/2557 Art. 15(1)
    verification: P
    stages:
      - stage: initial
        abbreviation: initial
        start: aware
        within: {hours: 24}
        projected: 24 hours after the entity becomes aware
        citation: Art. 15(1)
      - stage: detailed
        abbreviation: detailed
        start: submitted.initial
        within: {months: 1}
        projected: one month after the initial notification is submitted
        note: where relevant
        citation: Art. 15(1)

  - id: eidas-nontsp
    name: eIDAS, non-qualified trust service provider
    family: eidas-nontsp
    zone: Europe/Stockholm
    days_off: eu-se
    citation: Regulation (EU) 910/2014 Art. 19a(1)(b)
    verification: P
    stages:
      - stage: notification
        abbreviation: n
        start: aware
        within: {hours: 24}
        projected: 24 hours after the provider becomes aware
        citation: Art. 19a(1)(b)

  - id: eidas-qtsp
    name: eIDAS, qualified trust service provider
    family: eidas-qtsp
    zone: Europe/Stockholm
    days_off: eu-se
    # The text counts from the incident itself, not from awareness of it.
    citation: Regulation (EU) 910/2014 Art. 24(2)(fb)
    verification: P
    stages:
      - stage: notification
        abbreviation: n
        start: occurred
        within: {hours: 24}
        projected: 24 hours after the incident occurred
        note: counted from the incident itself; until that time is recorded, from the earliest time known
        citation: Art. 24(2)(fb)

  - id: contract
    name: Notices that contracts with customers ask for
    zone: Europe/Stockholm
    days_off: eu-se
    citation: the contracts that `contracts` lists
    verification: U
    stages:
      - stage: notice
        abbreviation: notice
        start: aware
        within: undue_delay
        each_customer: true
        projected: within the hours of the contract, once awareness is declared
        note: within the hours of the contract
        citation: the contract

  - id: se-state-agency
    name: MCFFS 2026:7, it incidents of Swedish state agencies
    zone: Europe/Stockholm
    days_off: se
    anchor: detection
    applies_from: "2026-07-01"
    citation: MCFFS 2026:7, as a secondary source gives it; the six hours are a third party''s word
    verification: S
    note: the regulation''s text was not seen
    stages:
      - stage: early_warning
        abbreviation: warn
        start: aware
        within: {hours: 6}
        also_met_by: [notification]
        projected: 6 hours after the incident is identified
        citation: MCFFS 2026:7
      - stage: notification
        abbreviation: in
        start: aware
        within: {hours: 72}
        projected: 72 hours after the incident is identified
        citation: MCFFS 2026:7
      - stage: final
        abbreviation: fr
        start: submitted.notification
        within: {months: 1}
        projected: one month after the notification is submitted
        citation: MCFFS 2026:7

  # Other Member States: only where their own law counts otherwise than the directive, or where the
  # channel is known. From a secondary source; check them again before you rely on them. Their
  # public holidays are not in this data: the day to which an act may move knows weekends only.
  - id: nis2-de
    name: NIS2 in German law
    like: nis2
    family: nis2-de
    zone: Europe/Berlin
    days_off: weekends
    citation: BSIG § 32
    verification: S
    note: to the BSI, by its portal; a report can be corrected and not withdrawn

  - id: nis2-be
    name: NIS2 in Belgian law
    like: nis2
    family: nis2-be
    zone: Europe/Brussels
    days_off: weekends
    citation: the Belgian NIS2 act
    verification: S
    note: to the CCB

  - id: nis2-nl
    name: NIS2 in Dutch law
    like: nis2
    family: nis2-nl
    zone: Europe/Amsterdam
    days_off: weekends
    applies_from: "2026-08-15"
    citation: Cyberbeveiligingswet
    verification: S
    note: to the NCSC by MijnNCSC, which needs eHerkenning beforehand

  - id: nis2-dk
    name: NIS2 in Danish law
    like: nis2
    family: nis2-dk
    zone: Europe/Copenhagen
    days_off: weekends
    citation: the Danish NIS2 act
    verification: S
    note: to the authority and the CSIRT

  - id: nis2-it
    name: NIS2 in Italian law
    like: nis2
    family: nis2-it
    zone: Europe/Rome
    days_off: weekends
    citation: the Italian NIS2 decree
    verification: S
    note: ACN describes the 72 hours as counted from the first notice; they are counted from awareness here, which is earlier

  - id: nis2-fi
    name: NIS2 in Finnish law
    like: nis2
    family: nis2-fi
    zone: Europe/Helsinki
    days_off: weekends
    anchor: detection
    citation: 124/2025 § 11
    verification: S
    note: the hours count from detection

  - id: nis2-pl
    name: NIS2 in Polish law
    like: nis2
    family: nis2-pl
    zone: Europe/Warsaw
    days_off: weekends
    anchor: detection
    applies_from: "2026-04-03"
    citation: the Polish NIS2 act
    verification: S
    note: the hours count from detection

  - id: nis2-si
    name: NIS2 in Slovenian law
    like: nis2
    family: nis2-si
    zone: Europe/Ljubljana
    days_off: weekends
    anchor: detection
    citation: the Slovenian NIS2 act
    verification: S
    note: the hours count from detection

  - id: nis2-sk
    name: NIS2 in Slovak law
    like: nis2
    family: nis2-sk
    zone: Europe/Bratislava
    days_off: weekends
    anchor: detection
    citation: the Slovak NIS2 act
    verification: S
    note: the hours count from detection
    stages:
      - stage: final
        abbreviation: fr
        start: submitted.notification
        within: {days: 30}
        successor:
          report: progress
          start: handled
          abbreviation: fr2
          projected: 30 days after the incident is handled
        projected: 30 days after the notification is submitted
        citation: national law, as a secondary source gives it

  - id: nis2-hr
    name: NIS2 in Croatian law
    like: nis2
    family: nis2-hr
    zone: Europe/Zagreb
    days_off: weekends
    citation: the Croatian NIS2 act
    verification: S
    stages:
      - stage: final
        abbreviation: fr
        start: submitted.notification
        within: {days: 30}
        successor:
          report: progress
          start: handled
          abbreviation: fr2
          projected: 30 days after the incident is handled
        projected: 30 days after the notification is submitted
        citation: national law, as a secondary source gives it

  - id: nis2-pt
    name: NIS2 in Portuguese law
    family: nis2
    zone: Europe/Lisbon
    days_off: weekends
    citation: the Portuguese NIS2 act
    verification: S
    note: the second stage depends on conditions that this data does not know
    stages:
      - stage: early_warning
        abbreviation: ew
        start: aware
        within: {hours: 24}
        also_met_by: [notification]
        projected: 24 hours after the determination
        citation: national law, as a secondary source gives it
      - stage: notification
        abbreviation: in
        start: aware
        within: {hours: 72}
        projected: 72 hours after the determination
        citation: national law, as a secondary source gives it
      - stage: impact_ended
        abbreviation: end
        start: service_restored
        within: {hours: 24}
        projected: 24 hours after the impact ended
        citation: national law, as a secondary source gives it
      - stage: final
        abbreviation: fr
        start: submitted.impact_ended
        within: {working_days: 30}
        projected: 30 working days after the notice that the impact ended
        citation: national law, as a secondary source gives it

# Contracts with customers; none are compiled in.
contracts: []
',1795500000000000);
CREATE TABLE report_texts (
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    party TEXT NOT NULL,
    regime TEXT NOT NULL,
    stage TEXT NOT NULL,
    field TEXT NOT NULL,
    text TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (incident, party, regime, stage, field)
) STRICT, WITHOUT ROWID;
CREATE TABLE reviews (
    incident INTEGER PRIMARY KEY REFERENCES incidents (seq),
    family TEXT,
    root_cause TEXT NOT NULL,
    scope TEXT NOT NULL,
    lessons TEXT NOT NULL,
    no_actions TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    written_by TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;
INSERT INTO "reviews" VALUES(4,NULL,'A certificate','','','',1795930260000000,'admin',1);
CREATE TABLE risk (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL,
    drill INTEGER NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    score REAL NOT NULL,
    as_of INTEGER NOT NULL,
    -- Orders entities by their score at any one time.
    rank REAL NOT NULL,
    -- The incident that tells of it, until the score has fallen.
    incident INTEGER REFERENCES incidents (seq),
    UNIQUE (stream, drill, field, value)
) STRICT;
INSERT INTO "risk" VALUES(1,'default',0,'host.name','web1',5.0,1795928400000000,2.07885302614282190913e+04,NULL);
CREATE TABLE risk_alerts (
    risk INTEGER NOT NULL REFERENCES risk (seq) ON DELETE CASCADE,
    alert INTEGER NOT NULL REFERENCES alerts (seq) ON DELETE CASCADE,
    points REAL NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (risk, alert)
) STRICT, WITHOUT ROWID;
INSERT INTO "risk_alerts" VALUES(1,13,5.0,1795928400000000);
CREATE TABLE service_signals (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    service TEXT NOT NULL,
    drill INTEGER NOT NULL,
    stream TEXT NOT NULL,
    says TEXT NOT NULL CHECK (says IN ('complete', 'limited', 'slow', 'up')),
    at INTEGER NOT NULL,
    noticed_at INTEGER NOT NULL,
    rule TEXT NOT NULL,
    position INTEGER NOT NULL,
    -- The event as it was copied; NULL where the journal could not give it.
    original BLOB,
    fields TEXT,
    claimed INTEGER,
    received INTEGER NOT NULL,
    UNIQUE (service, drill, rule, position)
) STRICT;
INSERT INTO "service_signals" VALUES(1,'portal',0,'default','complete',1795928400000000,1795928400000000,'9b2d6a34-58c1-4a0e-9d58-0e5b8f1d7a01',57,X'3C33383E3120323032362D31312D32395430353A30303A30305A20776562312070726F62652031202D202D20706F7274616C20697320646F776E','{"@timestamp":"2026-11-29T05:00:00Z","event.ingested":"2026-11-29T05:00:00Z","log.syslog.priority":38,"log.syslog.facility.code":4,"log.syslog.facility.name":"auth","log.syslog.severity.code":6,"log.syslog.severity.name":"informational","log.syslog.version":"1","host.name":"web1","log.syslog.hostname":"web1","log.syslog.appname":"probe","log.syslog.procid":"1","process.name":"probe","process.pid":1,"message":"portal is down","vakt.listener":"syslog-tcp","vakt.transport":"tcp","event.original":"<38>1 2026-11-29T05:00:00Z web1 probe 1 - - portal is down"}',1795928400000000,1795928400000000);
CREATE TABLE state (
    name TEXT PRIMARY KEY,
    position INTEGER,
    bytes BLOB
) STRICT, WITHOUT ROWID;
INSERT INTO "state" VALUES('blob.sources',NULL,X'7B226E657874223A35372C22726F7773223A5B7B2273747265616D223A2264656661756C74222C227472616E73706F7274223A2268747470222C2270656572223A223132372E302E302E31222C22686F7374223A2277656231222C226C6173745F6865617264223A22323032362D31312D32395430343A34363A32312E3432373330395A222C226576656E7473223A34342C226279746573223A383431312C22756E706172736564223A302C22636C6F636B5F736B65775F7365636F6E6473223A2D302E3030343032342C22636C6F636B5F736B65775F736D6F6F746865645F7365636F6E6473223A2D34382E3130397D2C7B2273747265616D223A2264656661756C74222C227472616E73706F7274223A22746370222C2270656572223A223132372E302E302E31222C22686F7374223A2277656231222C226C6173745F6865617264223A22323032362D31312D32395430373A35343A30382E3437373836325A222C226576656E7473223A31332C226279746573223A313334312C22756E706172736564223A302C22636C6F636B5F736B65775F7365636F6E6473223A2D302E3437373836322C22636C6F636B5F736B65775F736D6F6F746865645F7365636F6E6473223A2D302E3437387D5D2C226C6F675F736F7572636573223A5B7B2270726F64756374223A226C696E7578222C2273657276696365223A2261757468222C226C617374223A313739353933383834383437373836327D2C7B2270726F64756374223A226C696E7578222C2273657276696365223A2263726F6E222C226C617374223A313739353932373538313432363937307D2C7B2270726F64756374223A226C696E7578222C2273657276696365223A2273736864222C226C617374223A313739353933383834383437373836327D2C7B2270726F64756374223A226C696E7578222C2273657276696365223A227375646F222C226C617374223A313739353932373538313432373330397D2C7B2270726F64756374223A226C696E7578222C2273657276696365223A227379736C6F67222C226C617374223A313739353932373538313432373330397D5D7D');
INSERT INTO "state" VALUES('detect.checkpoint',58,NULL);
INSERT INTO "state" VALUES('detect.snapshot',58,X'7B2276657273696F6E223A332C22636F7272656C6174696F6E73223A5B5D7D');
INSERT INTO "state" VALUES('outbox.hook.given_up',1,NULL);
INSERT INTO "state" VALUES('regimes.current',NULL,X'30306136316536346265366439343335363939623564363565346663323464303432323464373439353061396261643933306330643730313037343362393265203230323666');
INSERT INTO "state" VALUES('risk.half_life',24,NULL);
CREATE TABLE suppression_tests (
    digest TEXT PRIMARY KEY,
    scope TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    summary TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE suppressions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    -- The rules, streams and condition, as JSON.
    scope TEXT NOT NULL,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- The first journal position that it is for, and the first that it is not for any more.
    begins INTEGER NOT NULL,
    ends INTEGER,
    ended_at INTEGER,
    ended_by TEXT,
    end_reason TEXT,
    -- What its test against stored events found; NULL where nobody tested it.
    tested TEXT,
    hidden INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE tasks (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    title TEXT NOT NULL,
    owner TEXT,
    due INTEGER,
    phase TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
    reason TEXT,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    version INTEGER NOT NULL,
    -- The due time of which it was told that it has passed.
    told INTEGER
) STRICT;
INSERT INTO "tasks" VALUES(1,'6a3510025cb4a8b8608b3f1037c25b1c',4,'look at the disk',NULL,1795937460000000,'analysis','open',NULL,1795930260000000,'admin',1795930260000000,'admin',1,NULL);
CREATE TABLE told (
    subject TEXT PRIMARY KEY,
    incident INTEGER REFERENCES incidents (seq),
    step INTEGER NOT NULL,
    due INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "told" VALUES('incident 2 own gdpr authority',2,100,1795428000000000,1795928400000000);
INSERT INTO "told" VALUES('incident 2 own nis2-se intermediate',2,100,1795608000000000,1795928400000000);
CREATE TABLE work_notes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    kind TEXT NOT NULL CHECK (kind IN ('note', 'decision', 'communication')),
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL
) STRICT;
INSERT INTO "work_notes" VALUES(1,4,'decision','called the supplier',1795930260000000,1795930260000000,'admin');
CREATE INDEX incidents_opened ON incidents (drill, origin, opened_at);
CREATE INDEX incidents_state ON incidents (state, seq);
CREATE INDEX facts_incident ON facts (incident, id);
CREATE TRIGGER facts_stay BEFORE UPDATE ON facts
BEGIN SELECT RAISE(ABORT, 'facts are only added'); END;
CREATE TRIGGER facts_remain BEFORE DELETE ON facts
BEGIN SELECT RAISE(ABORT, 'facts are only added'); END;
CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is only added'); END;
CREATE TRIGGER evidence_remains BEFORE DELETE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is only added'); END;
CREATE INDEX alerts_group ON alerts (group_key, seq);
CREATE INDEX alerts_incident ON alerts (incident, seq);
CREATE INDEX audit_subject ON audit (subject, seq);
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_remains BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE INDEX facts_into ON facts (into_incident, fact) WHERE into_incident IS NOT NULL;
CREATE TRIGGER regimes_data_stays BEFORE UPDATE ON regimes_data
BEGIN SELECT RAISE(ABORT, 'data of regimes is only added'); END;
CREATE TRIGGER regimes_data_remains BEFORE DELETE ON regimes_data
BEGIN SELECT RAISE(ABORT, 'data of regimes is only added'); END;
CREATE INDEX maintenance_ends ON maintenance (ends);
CREATE INDEX alerts_suppression ON alerts (suppression, seq) WHERE suppression IS NOT NULL;
CREATE INDEX matches_alert ON matches (alert);
CREATE INDEX incident_keys_incident ON incident_keys (incident);
CREATE INDEX risk_rank ON risk (rank);
CREATE INDEX risk_alerts_alert ON risk_alerts (alert);
CREATE INDEX notices_unrouted ON notices (id) WHERE routed = 0;
CREATE INDEX deliveries_due ON deliveries (output, state, next_attempt);
CREATE INDEX deliveries_recent ON deliveries (output, routed_at);
CREATE INDEX told_incident ON told (incident);
CREATE INDEX service_signals_at ON service_signals (service, drill, at);
CREATE TRIGGER service_signals_stay BEFORE UPDATE ON service_signals
BEGIN SELECT RAISE(ABORT, 'what was said of services is only added'); END;
CREATE INDEX facts_of_services ON facts (incident) WHERE fact IN ('service_lost', 'service_restored');
CREATE INDEX outage_incidents_incident ON outage_incidents (incident);
CREATE INDEX answers_incident ON answers (incident, party, service, input);
CREATE INDEX answers_input ON answers (input, incident);
CREATE TRIGGER answers_stay BEFORE UPDATE ON answers
BEGIN SELECT RAISE(ABORT, 'answers are only added'); END;
CREATE TRIGGER answers_remain BEFORE DELETE ON answers
BEGIN SELECT RAISE(ABORT, 'answers are only added'); END;
CREATE INDEX recurring_members_member ON recurring_members (member);
CREATE TRIGGER quarter_reviews_stay BEFORE UPDATE ON quarter_reviews
BEGIN SELECT RAISE(ABORT, 'reviews are only added'); END;
CREATE TRIGGER quarter_reviews_remain BEFORE DELETE ON quarter_reviews
BEGIN SELECT RAISE(ABORT, 'reviews are only added'); END;
CREATE INDEX tasks_incident ON tasks (incident, seq);
CREATE INDEX tasks_owner ON tasks (owner, state, seq);
CREATE INDEX tasks_due ON tasks (due) WHERE state = 'open' AND due IS NOT NULL;
CREATE INDEX tasks_changed ON tasks (changed_at);
CREATE INDEX work_notes_incident ON work_notes (incident, seq);
CREATE TRIGGER work_notes_stay BEFORE UPDATE ON work_notes
BEGIN SELECT RAISE(ABORT, 'notes are only added'); END;
CREATE TRIGGER work_notes_remain BEFORE DELETE ON work_notes
BEGIN SELECT RAISE(ABORT, 'notes are only added'); END;
CREATE INDEX attachments_blake3 ON attachments (blake3);
CREATE TRIGGER attachments_stay BEFORE UPDATE ON attachments
BEGIN SELECT RAISE(ABORT, 'attachments are only added'); END;
CREATE TRIGGER attachments_remain BEFORE DELETE ON attachments
BEGIN SELECT RAISE(ABORT, 'attachments are only added'); END;
CREATE INDEX intake_reports_incident ON intake_reports (incident);
CREATE TRIGGER intake_reports_stay BEFORE UPDATE ON intake_reports
BEGIN SELECT RAISE(ABORT, 'reports are only added'); END;
CREATE TRIGGER intake_reports_remain BEFORE DELETE ON intake_reports
BEGIN SELECT RAISE(ABORT, 'reports are only added'); END;
CREATE INDEX coverage_reasons_open ON coverage_reasons (asset, kind) WHERE ended_at IS NULL;
CREATE TRIGGER coverage_signatures_stay BEFORE UPDATE ON coverage_signatures
BEGIN SELECT RAISE(ABORT, 'signed reviews are only added'); END;
CREATE TRIGGER coverage_signatures_remain BEFORE DELETE ON coverage_signatures
BEGIN SELECT RAISE(ABORT, 'signed reviews are only added'); END;
CREATE TRIGGER documents_stay BEFORE UPDATE ON documents
BEGIN SELECT RAISE(ABORT, 'documents are only added'); END;
CREATE TRIGGER documents_remain BEFORE DELETE ON documents
BEGIN SELECT RAISE(ABORT, 'documents are only added'); END;
CREATE INDEX document_files_incident ON document_files (incident, document);
CREATE TRIGGER document_files_stay BEFORE UPDATE ON document_files
BEGIN SELECT RAISE(ABORT, 'files of documents are only added'); END;
CREATE TRIGGER document_files_remain BEFORE DELETE ON document_files
BEGIN SELECT RAISE(ABORT, 'files of documents are only added'); END;
CREATE TRIGGER document_approvals_stay BEFORE UPDATE ON document_approvals
BEGIN SELECT RAISE(ABORT, 'approvals are only added'); END;
CREATE TRIGGER document_approvals_remain BEFORE DELETE ON document_approvals
BEGIN SELECT RAISE(ABORT, 'approvals are only added'); END;
CREATE INDEX document_submissions_document ON document_submissions (document);
CREATE TRIGGER document_submissions_stay BEFORE UPDATE ON document_submissions
BEGIN SELECT RAISE(ABORT, 'submissions are only added'); END;
CREATE TRIGGER document_submissions_remain BEFORE DELETE ON document_submissions
BEGIN SELECT RAISE(ABORT, 'submissions are only added'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('alerts',13);
INSERT INTO "sqlite_sequence" VALUES('incidents',5);
INSERT INTO "sqlite_sequence" VALUES('audit',35);
INSERT INTO "sqlite_sequence" VALUES('facts',15);
INSERT INTO "sqlite_sequence" VALUES('notices',7);
INSERT INTO "sqlite_sequence" VALUES('service_signals',1);
INSERT INTO "sqlite_sequence" VALUES('matches',1);
INSERT INTO "sqlite_sequence" VALUES('risk',1);
INSERT INTO "sqlite_sequence" VALUES('answers',1);
INSERT INTO "sqlite_sequence" VALUES('documents',1);
INSERT INTO "sqlite_sequence" VALUES('document_files',3);
INSERT INTO "sqlite_sequence" VALUES('document_submissions',1);
INSERT INTO "sqlite_sequence" VALUES('work_notes',1);
INSERT INTO "sqlite_sequence" VALUES('attachments',1);
INSERT INTO "sqlite_sequence" VALUES('tasks',1);
INSERT INTO "sqlite_sequence" VALUES('quarter_reviews',1);
INSERT INTO "sqlite_sequence" VALUES('intake_reports',1);
COMMIT;
