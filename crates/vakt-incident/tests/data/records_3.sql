-- Records of schema 3, as the version before urgent notices had places of their own wrote them: those of schema 2,
-- opened by it, with a notice that waits for one output and goes on at another.
PRAGMA user_version = 3;
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
CREATE TABLE applied (
    group_key TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (group_key, position)
) STRICT, WITHOUT ROWID;
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
    error TEXT,
    PRIMARY KEY (notice, output)
) STRICT, WITHOUT ROWID;
INSERT INTO "deliveries" VALUES(1,'hook','pending',0,1795500000000000,1795500000000000,0,NULL,NULL,NULL);
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
CREATE TABLE firing (
    output TEXT NOT NULL,
    notice TEXT NOT NULL,
    payload TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER,
    PRIMARY KEY (output, notice)
) STRICT, WITHOUT ROWID;
INSERT INTO "firing" VALUES('pager','1','{"kind":"draft","title":"SSH login succeeds after many failures","rule":{"id":"a44c76ad-f40b-48c1-af56-04f157390478","title":"SSH login succeeds after many failures"},"level":"high","host":"web1","entity":"203.0.113.7","count":1,"event_count":13,"detected_at":"2026-11-29T07:54:08.480098Z","stream":"default","alert":"5ac13b67d5b1e4caf4ca78288c59b23c","incident":"0004c9837aeabee69970dcc0cf1c1985","number":3,"deadline":"2026-11-30T07:54:08.480098Z","burst":false,"historic":false}',1795500000000000,NULL);
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
CREATE TABLE regimes_data (
    hash TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    text TEXT NOT NULL,
    first_used INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
CREATE TABLE risk_alerts (
    risk INTEGER NOT NULL REFERENCES risk (seq) ON DELETE CASCADE,
    alert INTEGER NOT NULL REFERENCES alerts (seq) ON DELETE CASCADE,
    points REAL NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (risk, alert)
) STRICT, WITHOUT ROWID;
CREATE TABLE state (
    name TEXT PRIMARY KEY,
    position INTEGER,
    bytes BLOB
) STRICT, WITHOUT ROWID;
INSERT INTO "state" VALUES('blob.sources',NULL,X'7B226E657874223A35372C22726F7773223A5B7B2273747265616D223A2264656661756C74222C227472616E73706F7274223A2268747470222C2270656572223A223132372E302E302E31222C22686F7374223A2277656231222C226C6173745F6865617264223A22323032362D31312D32395430343A34363A32312E3432373330395A222C226576656E7473223A34342C226279746573223A383431312C22756E706172736564223A302C22636C6F636B5F736B65775F7365636F6E6473223A2D302E3030343032342C22636C6F636B5F736B65775F736D6F6F746865645F7365636F6E6473223A2D34382E3130397D2C7B2273747265616D223A2264656661756C74222C227472616E73706F7274223A22746370222C2270656572223A223132372E302E302E31222C22686F7374223A2277656231222C226C6173745F6865617264223A22323032362D31312D32395430373A35343A30382E3437373836325A222C226576656E7473223A31332C226279746573223A313334312C22756E706172736564223A302C22636C6F636B5F736B65775F7365636F6E6473223A2D302E3437373836322C22636C6F636B5F736B65775F736D6F6F746865645F7365636F6E6473223A2D302E3437387D5D2C226C6F675F736F7572636573223A5B7B2270726F64756374223A226C696E7578222C2273657276696365223A2261757468222C226C617374223A313739353933383834383437373836327D2C7B2270726F64756374223A226C696E7578222C2273657276696365223A2263726F6E222C226C617374223A313739353932373538313432363937307D2C7B2270726F64756374223A226C696E7578222C2273657276696365223A2273736864222C226C617374223A313739353933383834383437373836327D2C7B2270726F64756374223A226C696E7578222C2273657276696365223A227375646F222C226C617374223A313739353932373538313432373330397D2C7B2270726F64756374223A226C696E7578222C2273657276696365223A227379736C6F67222C226C617374223A313739353932373538313432373330397D5D7D');
INSERT INTO "state" VALUES('detect.checkpoint',57,NULL);
INSERT INTO "state" VALUES('detect.snapshot',57,X'7B2276657273696F6E223A332C22636F7272656C6174696F6E73223A5B7B226964223A2235636663663132382D336235632D343138362D623465372D663135343962333735353637222C2266696E6765727072696E74223A31343836323633333939313936363531343934392C22657669637465645F67726F757073223A302C22657669637465645F6576656E7473223A302C226C617465223A302C2267726F757073223A5B7B226B6579223A5B226472696C6C2064656661756C74222C226261636B7570737663222C2277656231225D2C22616374697665223A313739353932373535323432333238352C2277696E646F775F7374617274223A302C22636861696E73223A5B5B313739353932373534373432333238352C313739353932373534373432333238355D5D2C226974656D73223A5B5B313739353932373534373432333238352C33352C302C6E756C6C2C302C6E756C6C5D2C5B313739353932373535323432333238352C33372C312C6E756C6C2C302C6E756C6C5D5D7D5D7D2C7B226964223A2230343831633261612D313639302D343930652D393061332D653530643464666665663131222C2266696E6765727072696E74223A31323339393134363838393836323930313936312C22657669637465645F67726F757073223A302C22657669637465645F6576656E7473223A302C226C617465223A302C2267726F757073223A5B7B226B6579223A5B226472696C6C2064656661756C74222C223230332E302E3131332E3636225D2C22616374697665223A313739353932373531363432333238352C2277696E646F775F7374617274223A302C22636861696E73223A6E756C6C2C226974656D73223A5B5B313739353932373436343432333238352C312C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373437303432333238352C342C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373437363432333238352C372C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373438323432333238352C31302C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373438363432333238352C31322C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373439323432333238352C31352C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373439363432333238352C31372C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373530303432333238352C31392C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373530343432333238352C32312C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373530383432333238352C32332C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373531323432333238352C32352C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373531363432333238352C32372C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D5D7D2C7B226B6579223A5B2264656661756C74222C223230332E302E3131332E37225D2C22616374697665223A313739353933383834383030303030302C2277696E646F775F7374617274223A302C22636861696E73223A6E756C6C2C226974656D73223A5B5B313739353933383834383030303030302C34342C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C34352C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C34362C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C34372C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C34382C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C34392C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C35302C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C35312C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C35322C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C35332C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C35342C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C35352C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D5D7D5D7D2C7B226964223A2236633735633637382D326162652D343832652D623932332D383539323561326335356163222C2266696E6765727072696E74223A31323339393134363838393836323930313936312C22657669637465645F67726F757073223A302C22657669637465645F6576656E7473223A302C226C617465223A302C2267726F757073223A5B7B226B6579223A5B226472696C6C2064656661756C74222C223230332E302E3131332E3636225D2C22616374697665223A313739353932373531363432333238352C2277696E646F775F7374617274223A302C22636861696E73223A6E756C6C2C226974656D73223A5B5B313739353932373436343432333238352C312C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373437303432333238352C342C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373437363432333238352C372C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373438323432333238352C31302C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373438363432333238352C31322C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373439323432333238352C31352C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373439363432333238352C31372C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373530303432333238352C31392C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373530343432333238352C32312C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373530383432333238352C32332C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373531323432333238352C32352C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353932373531363432333238352C32372C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D5D7D2C7B226B6579223A5B2264656661756C74222C223230332E302E3131332E37225D2C22616374697665223A313739353933383834383030303030302C2277696E646F775F7374617274223A302C22636861696E73223A6E756C6C2C226974656D73223A5B5B313739353933383834383030303030302C34342C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C34352C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C34362C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C34372C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C34382C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C34392C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C35302C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C35312C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C35322C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C35332C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C35342C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D2C5B313739353933383834383030303030302C35352C302C6E756C6C2C343630373138323431383830303031373430382C6E756C6C5D5D7D5D7D2C7B226964223A2261343463373661642D663430622D343863312D616635362D303466313537333930343738222C2266696E6765727072696E74223A353933383938303035323239333532303038312C22657669637465645F67726F757073223A302C22657669637465645F6576656E7473223A302C226C617465223A302C2267726F757073223A5B7B226B6579223A5B226472696C6C2064656661756C74222C223230332E302E3131332E3636225D2C22616374697665223A313739353932373532333432333238352C2277696E646F775F7374617274223A302C22636861696E73223A5B5B313739353932373531363432333238352C313739353932373531363432333238355D5D2C226974656D73223A5B5B313739353932373530383432333238352C32332C302C6E756C6C2C302C5B31363739303830333636363533353137353633352C5B5D2C302C313739353932373436343432333238352C315D5D2C5B313739353932373531323432333238352C32352C302C6E756C6C2C302C5B31363739303830333636363533353137353633352C5B5D2C302C313739353932373436343432333238352C315D5D2C5B313739353932373531363432333238352C32372C302C6E756C6C2C302C5B31363739303830333636363533353137353633352C5B312C342C372C31302C31322C31352C31372C31392C32312C32332C32352C32375D2C302C313739353932373436343432333238352C315D5D2C5B313739353932373532333432333238352C32392C312C6E756C6C2C302C6E756C6C5D5D7D2C7B226B6579223A5B2264656661756C74222C223230332E302E3131332E37225D2C22616374697665223A313739353933383834383030303030302C2277696E646F775F7374617274223A302C22636861696E73223A5B5B313739353933383834383030303030302C313739353933383834383030303030305D5D2C226974656D73223A5B5B313739353933383834383030303030302C35332C302C6E756C6C2C302C5B31363438323633333932393839363735353836372C5B5D2C302C313739353933383834383030303030302C34345D5D2C5B313739353933383834383030303030302C35342C302C6E756C6C2C302C5B31363438323633333932393839363735353836372C5B5D2C302C313739353933383834383030303030302C34345D5D2C5B313739353933383834383030303030302C35352C302C6E756C6C2C302C5B31363438323633333932393839363735353836372C5B34342C34352C34362C34372C34382C34392C35302C35312C35322C35332C35342C35355D2C302C313739353933383834383030303030302C34345D5D2C5B313739353933383834383030303030302C35362C312C6E756C6C2C302C6E756C6C5D5D7D5D7D2C7B226964223A2262346333646164372D393935312D343330632D386134652D323964633265306538316364222C2266696E6765727072696E74223A313234393030393838363635393130393336342C22657669637465645F67726F757073223A302C22657669637465645F6576656E7473223A302C226C617465223A302C2267726F757073223A5B7B226B6579223A5B226472696C6C2064656661756C74222C223230332E302E3131332E3636225D2C22616374697665223A6E756C6C2C2277696E646F775F7374617274223A302C22636861696E73223A5B5B6E756C6C2C6E756C6C5D5D2C226974656D73223A5B5B313739353932373532333432333238352C32392C312C6E756C6C2C302C6E756C6C5D5D7D2C7B226B6579223A5B2264656661756C74222C223230332E302E3131332E37225D2C22616374697665223A6E756C6C2C2277696E646F775F7374617274223A302C22636861696E73223A5B5B6E756C6C2C6E756C6C5D5D2C226974656D73223A5B5B313739353933383834383030303030302C35362C312C6E756C6C2C302C6E756C6C5D5D7D5D7D2C7B226964223A2238623439306639382D333935392D346530642D623331322D663062386133396166303730222C2266696E6765727072696E74223A333735323939323631343233333933353633312C22657669637465645F67726F757073223A302C22657669637465645F6576656E7473223A302C226C617465223A302C2267726F757073223A5B7B226B6579223A5B226472696C6C2064656661756C74222C223230332E302E3131332E3636225D2C22616374697665223A6E756C6C2C2277696E646F775F7374617274223A302C22636861696E73223A6E756C6C2C226974656D73223A5B5B313739353932373436373432333238352C332C302C2261646D696E222C302C6E756C6C5D2C5B313739353932373437303432333238352C342C302C2261646D696E222C302C6E756C6C5D2C5B313739353932373437333432333238352C362C302C2274657374222C302C6E756C6C5D2C5B313739353932373437363432333238352C372C302C2274657374222C302C6E756C6C5D2C5B313739353932373437393432333238352C392C302C226F7261636C65222C302C6E756C6C5D2C5B313739353932373438323432333238352C31302C302C226F7261636C65222C302C6E756C6C5D2C5B313739353932373438393432333238352C31342C302C227562756E7475222C302C6E756C6C5D2C5B313739353932373439323432333238352C31352C302C227562756E7475222C302C6E756C6C5D5D7D5D7D5D7D');
INSERT INTO "state" VALUES('regimes.current',NULL,X'64666533323133373863633736643336646461396430323836303532306138393862396463343230623832326461353363376466363235376566653538393763203230323666');
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
CREATE TABLE told (
    subject TEXT PRIMARY KEY,
    incident INTEGER REFERENCES incidents (seq),
    step INTEGER NOT NULL,
    due INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('alerts',12);
INSERT INTO "sqlite_sequence" VALUES('incidents',3);
INSERT INTO "sqlite_sequence" VALUES('audit',14);
INSERT INTO "sqlite_sequence" VALUES('facts',9);
INSERT INTO "sqlite_sequence" VALUES('notices',1);
COMMIT;
