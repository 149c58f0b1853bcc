//! Nested JSON in the shape of CloudTrail records.

use super::json::Object;
use super::pools::USERS;
use crate::random::Random;

const CALLS: [(&str, &str); 10] = [
    ("ec2.amazonaws.com", "DescribeInstances"),
    ("ec2.amazonaws.com", "DescribeNetworkInterfaces"),
    ("sts.amazonaws.com", "AssumeRole"),
    ("s3.amazonaws.com", "GetBucketAcl"),
    ("s3.amazonaws.com", "ListBuckets"),
    ("kms.amazonaws.com", "Decrypt"),
    ("logs.amazonaws.com", "CreateLogStream"),
    ("iam.amazonaws.com", "ListAttachedRolePolicies"),
    ("signin.amazonaws.com", "ConsoleLogin"),
    ("ssm.amazonaws.com", "UpdateInstanceInformation"),
];

const AGENTS: [&str; 3] = [
    "aws-cli/2.17.1 md/awscrt#0.20.11 ua/2.0 os/linux#6.8.0 md/arch#x86_64 lang/python#3.11.8",
    "Boto3/1.34.142 md/Botocore#1.34.142 ua/2.0 os/linux#5.10.219 md/arch#aarch64 lang/python#3.12.4 cfg/retry-mode#legacy",
    "console.amazonaws.com",
];

pub(super) fn cloudtrail(mut random: Random, line: &mut dyn FnMut(String) -> bool) {
    let random = &mut random;
    while line(record(random)) {}
}

fn record(random: &mut Random) -> String {
    let (source, call) = CALLS[random.index(CALLS.len())];
    let account = format!("1234567890{:02}", random.below(12));
    let mut record = Object::new();
    record.text("eventVersion", "1.09");
    record.raw("userIdentity", &identity(random, &account));
    let time = format!(
        "2026-11-24T10:{:02}:{:02}Z",
        random.below(60),
        random.below(60)
    );
    record.text("eventTime", &time);
    record.text("eventSource", source);
    record.text("eventName", call);
    record.text("awsRegion", random.of(&["eu-north-1", "eu-west-1"]));
    record.text(
        "sourceIPAddress",
        &format!("203.0.113.{}", random.below(250)),
    );
    record.text("userAgent", random.of(&AGENTS));
    record.raw("requestParameters", &parameters(random, &account));
    record.raw("responseElements", "null");
    record.text("requestID", &uuid(random));
    record.text("eventID", &uuid(random));
    record.raw("readOnly", "true");
    record.raw("resources", &resources(random, &account));
    record.text("eventType", "AwsApiCall");
    record.raw("managementEvent", "true");
    record.text("recipientAccountId", &account);
    record.text("eventCategory", "Management");
    let mut tls = Object::new();
    tls.text("tlsVersion", "TLSv1.3");
    tls.text("cipherSuite", "TLS_AES_128_GCM_SHA256");
    tls.text("clientProvidedHostHeader", &format!("{source}.example"));
    record.raw("tlsDetails", &tls.close());
    record.close()
}

fn identity(random: &mut Random, account: &str) -> String {
    let role = random.of(&["deploy-pipeline", "node-group", "backup", "auditor"]);
    let session = format!("i-{:017x}", random.below(500));
    let principal = format!("AROA{:017X}:{session}", random.below(20));
    let mut issuer = Object::new();
    issuer.text("type", "Role");
    issuer.text("principalId", &principal);
    issuer.text("arn", &format!("arn:aws:iam::{account}:role/{role}"));
    issuer.text("accountId", account);
    issuer.text("userName", role);
    let mut attributes = Object::new();
    attributes.text("creationDate", "2026-11-24T09:41:07Z");
    attributes.text("mfaAuthenticated", "false");
    let mut context = Object::new();
    context.raw("sessionIssuer", &issuer.close());
    context.raw("attributes", &attributes.close());
    let mut identity = Object::new();
    identity.text("type", "AssumedRole");
    identity.text("principalId", &principal);
    let arn = format!("arn:aws:sts::{account}:assumed-role/{role}/{session}");
    identity.text("arn", &arn);
    identity.text("accountId", account);
    identity.text("accessKeyId", &format!("ASIA{:016X}", random.below(300)));
    identity.raw("sessionContext", &context.close());
    identity.close()
}

fn parameters(random: &mut Random, account: &str) -> String {
    let mut parameters = Object::new();
    parameters.text("roleArn", &format!("arn:aws:iam::{account}:role/reader"));
    parameters.text("roleSessionName", random.of(&USERS));
    parameters.raw("durationSeconds", "3600");
    parameters.raw("maxResults", &random.below(1000).to_string());
    parameters.close()
}

fn resources(random: &mut Random, account: &str) -> String {
    let mut resource = Object::new();
    resource.text("accountId", account);
    resource.text("type", "AWS::IAM::Role");
    let arn = format!("arn:aws:s3:::logs-{}/{account}", random.below(60));
    resource.text("ARN", &arn);
    format!("[{}]", resource.close())
}

fn uuid(random: &mut Random) -> String {
    let (a, b) = (random.next(), random.next());
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a >> 32,
        a & 0xffff,
        (a >> 16) & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}
