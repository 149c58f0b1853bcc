//! Records in the shape of CloudTrail's.

use std::fmt::{Result, Write};

use super::moment::Moment;
use super::world::{World, mix};

const CALLS: [(&str, &str); 12] = [
    ("ec2", "DescribeInstances"),
    ("sts", "AssumeRole"),
    ("kms", "Decrypt"),
    ("s3", "GetBucketAcl"),
    ("logs", "CreateLogStream"),
    ("ec2", "DescribeNetworkInterfaces"),
    ("s3", "ListBuckets"),
    ("iam", "ListAttachedRolePolicies"),
    ("signin", "ConsoleLogin"),
    ("ssm", "UpdateInstanceInformation"),
    ("lambda", "GetFunction20150331v2"),
    ("secretsmanager", "GetSecretValue"),
];
const AGENTS: [&str; 5] = [
    "aws-cli/2.17.1 ua/2.0 os/linux#6.8.0 md/arch#x86_64 lang/python#3.11.8",
    "Boto3/1.34.142 md/Botocore#1.34.142 ua/2.0 os/linux#5.10.219 lang/python#3.12.4",
    "console.amazonaws.com",
    "Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/5.66.0",
    "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5",
];

pub(super) fn trail(world: &mut World, at: &Moment, out: &mut String) -> Result {
    let (source, call) = *world.random.skewed(&CALLS);
    let (user, account) = (world.user(), 123_456_789_000 + world.random.zipf(24));
    let principal = mix(user.0 ^ 0x4444);
    write!(
        out,
        "{{\"eventVersion\":\"1.09\",\"userIdentity\":{{\"type\":\"IAMUser\",\"principalId\":\"AIDA{principal:016X}\",\
         \"arn\":\"arn:aws:iam::{account}:user/{user}\",\"accountId\":\"{account}\",\"accessKeyId\":\"ASIA{:016X}\",\
         \"userName\":\"{user}\"}},\"eventTime\":\"{}\",\"eventSource\":\"{source}.amazonaws.com\",\"eventName\":\"{call}\",\
         \"awsRegion\":\"{}\",\"sourceIPAddress\":\"{}\",\"userAgent\":\"{}\",\"requestParameters\":{{\"maxResults\":{},\
         \"bucketName\":\"logs-{}-{account}\"}},\"responseElements\":null,\"requestID\":\"{}\",\"eventID\":\"{}\",\
         \"readOnly\":true,\"eventType\":\"AwsApiCall\",\"managementEvent\":true,\"recipientAccountId\":\"{account}\",\
         \"eventCategory\":\"Management\"}}",
        mix(principal ^ (world.made >> 12)),
        at.rfc3339_seconds(),
        world
            .random
            .of(&["eu-north-1", "eu-north-1", "eu-west-1", "us-east-1"]),
        world.external(),
        *world.random.skewed(&AGENTS),
        world.random.below(1000),
        world.random.zipf(900),
        world.guid(),
        world.guid(),
    )
}
