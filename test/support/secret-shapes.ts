/**
 * 218 shapes in which secrets reach errors, answers and logs; written before the code that blots them out. The secrets
 * are made here, so that no scanner takes this file for a leak.
 */
export interface SecretShape {
  name: string;
  /** What a library, a server or a person writes. */
  text: string;
  /** None of these may be left. */
  secrets: readonly string[];
}

const HEX = '0123456789abcdef';
const DIGIT = '0123456789';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LOWER = UPPER.toLowerCase();
const ALNUM = UPPER + LOWER + DIGIT;

let state = 7;
/** The same at every run. */
function made(letters: string, length: number): string {
  return Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return letters.charAt(Math.floor((state / 2_147_483_648) * letters.length));
  }).join('');
}

const shapes: SecretShape[] = [];
/** `§` in the text is where the secret stands. */
function shape(name: string, text: string, secret: string, ...others: string[]): void {
  shapes.push({ name, text: text.replaceAll('§', () => secret), secrets: [secret, ...others] });
}
const base64 = (text: string) => Buffer.from(text).toString('base64');
const word = () => `${made(LOWER, 7)}${made(DIGIT, 3)}${made(UPPER, 3)}`;

// Tokens with a form of their own.
const slack = (prefix: string) => `${prefix}-${made(DIGIT, 12)}-${made(DIGIT, 12)}-${made(ALNUM, 24)}`;
for (const prefix of ['xoxb', 'xoxp', 'xoxa', 'xoxr', 'xoxs', 'xoxo', 'xoxc', 'xoxd']) {
  shape(`slack ${prefix}`, 'Slack refused §', slack(prefix));
}
shape('slack rotated', 'token § has expired', `xoxe.xoxb-1-${made(ALNUM, 60)}`);
shape('slack refresh', 'refresh § failed', `xoxe-1-${made(ALNUM, 146)}`);
shape('slack app', 'socket mode: §', `xapp-1-A${made(UPPER, 10)}-${made(DIGIT, 13)}-${made(HEX, 64)}`);
shape('slack glued to text', 'tokenis_§_or_so', slack('xoxb'));
shape(
  'slack webhook',
  'POST https://hooks.slack.com/services/§ 404',
  `T${made(ALNUM, 8)}/B${made(ALNUM, 8)}/${made(ALNUM, 24)}`,
);
shape(
  'slack workflow',
  'https://hooks.slack.com/workflows/§',
  `T${made(ALNUM, 8)}/A${made(ALNUM, 8)}/${made(DIGIT, 18)}/${made(ALNUM, 24)}`,
);
shape('slack trigger', 'https://hooks.slack.com/triggers/§', `T${made(ALNUM, 8)}/${made(DIGIT, 13)}/${made(HEX, 32)}`);
shape('slack upload', 'PUT https://files.slack.com/upload/v1/§', `CwABA${made(ALNUM, 60)}`);
shape('github classic', 'fatal: § denied', `ghp_${made(ALNUM, 36)}`);
shape('github oauth', 'got §', `gho_${made(ALNUM, 36)}`);
shape('github user', 'got §', `ghu_${made(ALNUM, 36)}`);
shape('github server', 'got §', `ghs_${made(ALNUM, 36)}`);
shape('github refresh', 'got §', `ghr_${made(ALNUM, 36)}`);
shape('github fine-grained', 'got §', `github_pat_${made(ALNUM, 82)}`);
shape('gitlab personal', 'got §', `glpat-${made(ALNUM, 20)}`);
shape('gitlab deploy', 'got §', `gldt-${made(ALNUM, 20)}`);
shape('gitlab runner', 'got §', `glrt-${made(ALNUM, 20)}`);
shape('gitlab trigger', 'got §', `glptt-${made(HEX, 40)}`);
shape('aws access key', 'InvalidAccessKeyId: § does not exist', `AKIA${made('ABCDEFGHIJKLMNOP234567', 16)}`);
shape('aws session key', 'The id § is not valid', `ASIA${made('ABCDEFGHIJKLMNOP234567', 16)}`);
shape('aws secret in ini', '[default]\naws_secret_access_key = §\n', made(`${ALNUM}/+`, 40));
shape('aws session token', 'AWS_SESSION_TOKEN=§', `IQoJb3JpZ2lu${made(ALNUM, 120)}`);
shape('google api key', 'https://maps.googleapis.com/?q=1&key=§', `AIza${made(ALNUM, 35)}`);
shape('google api key alone', 'API key § not valid', `AIza${made(ALNUM, 35)}`);
shape('google oauth access', 'got §', `ya29.${made(ALNUM, 80)}`);
shape('google client secret', 'client § refused', `GOCSPX-${made(ALNUM, 28)}`);
shape('stripe live', 'Invalid API Key provided: §', `sk_live_${made(ALNUM, 24)}`);
shape('stripe test', 'Invalid API Key provided: §', `sk_test_${made(ALNUM, 24)}`);
shape('stripe restricted', 'Invalid API Key provided: §', `rk_live_${made(ALNUM, 24)}`);
shape('stripe webhook', 'no signature with §', `whsec_${made(ALNUM, 32)}`);
shape('openai', 'Incorrect API key provided: §', `sk-${made(ALNUM, 20)}T3BlbkFJ${made(ALNUM, 20)}`);
shape('openai project', 'Incorrect API key: §', `sk-proj-${made(ALNUM, 74)}T3BlbkFJ${made(ALNUM, 74)}`);
shape('anthropic', 'invalid x-api-key §', `sk-ant-api03-${made(ALNUM, 93)}AA`);
shape('hugging face', 'got §', `hf_${made(UPPER + LOWER, 34)}`);
shape('perplexity', 'got §', `pplx-${made(ALNUM, 48)}`);
shape('npm', 'npm ERR! §', `npm_${made(LOWER + DIGIT, 36)}`);
shape('pypi', 'got §', `pypi-AgEIcHlwaS5vcmc${made(ALNUM, 70)}`);
shape('rubygems', 'got §', `rubygems_${made(HEX, 48)}`);
shape('sendgrid', 'got §', `SG.${made(ALNUM, 22)}.${made(ALNUM, 43)}`);
shape('mailgun', 'MAILGUN_KEY: §', `key-${made(HEX, 32)}`);
shape('twilio key', 'account of §', `SK${made(HEX, 32)}`);
shape('shopify', 'got §', `shpat_${made(HEX, 32)}`);
shape('shopify private', 'got §', `shppa_${made(HEX, 32)}`);
shape('square', 'got §', `sq0atp-${made(ALNUM, 22)}`);
shape('digitalocean', 'got §', `dop_v1_${made(HEX, 64)}`);
shape('databricks', 'got §', `dapi${made(HEX, 32)}`);
shape('linear', 'got §', `lin_api_${made(ALNUM, 40)}`);
shape('notion', 'got §', `ntn_${made(DIGIT, 11)}${made(ALNUM, 35)}`);
shape('grafana cloud', 'got §', `glc_${made(ALNUM, 60)}`);
shape('grafana service', 'got §', `glsa_${made(ALNUM, 32)}_${made(HEX, 8)}`);
shape('vault service', 'permission denied for §', `hvs.${made(ALNUM, 95)}`);
shape('vault batch', 'permission denied for §', `hvb.${made(ALNUM, 140)}`);
shape('terraform cloud', 'got §', `${made(ALNUM, 14)}.atlasv1.${made(ALNUM, 64)}`);
shape('postman', 'got §', `PMAK-${made(HEX, 24)}-${made(HEX, 34)}`);
shape('pulumi', 'got §', `pul-${made(HEX, 40)}`);
shape('planetscale', 'got §', `pscale_tkn_${made(ALNUM, 43)}`);
shape('planetscale password', 'got §', `pscale_pw_${made(ALNUM, 43)}`);
shape('doppler', 'got §', `dp.pt.${made(ALNUM, 43)}`);
shape('dynatrace', 'got §', `dt0c01.${made(ALNUM, 24)}.${made(ALNUM, 64)}`);
shape('age', 'identity §', `AGE-SECRET-KEY-1${made('QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L', 58)}`);
shape('fly', 'got §', `fo1_${made(ALNUM, 43)}`);
shape('telegram bot address', 'GET https://api.telegram.org/bot§/getMe 401', `${made(DIGIT, 10)}:AA${made(ALNUM, 33)}`);
shape('discord webhook', 'POST https://discord.com/api/webhooks/1234/§', made(ALNUM, 68));
shape(
  'teams webhook',
  'POST https://acme.webhook.office.com/webhookb2/§',
  `${made(HEX, 8)}-${made(HEX, 4)}-${made(HEX, 4)}-${made(HEX, 4)}-${made(HEX, 12)}@${made(HEX, 8)}-${made(HEX, 4)}-${made(HEX, 4)}-${made(HEX, 4)}-${made(HEX, 12)}/IncomingWebhook/${made(HEX, 32)}/${made(HEX, 8)}-${made(HEX, 4)}-${made(HEX, 4)}-${made(HEX, 4)}-${made(HEX, 12)}`,
);
shape('azure ad secret', "secret '§' expired", `${made(ALNUM, 3)}8Q~${made(ALNUM, 34)}`);
shape('alibaba', 'got §', `LTAI${made(ALNUM, 20)}`);
shape('atlassian', 'got §', `ATATT3${made(ALNUM, 186)}`);
shape('sentry user', 'got §', `sntryu_${made(HEX, 64)}`);
shape('new relic', 'NEW_RELIC_KEY=§', `NRAK-${made(UPPER + DIGIT, 27)}`);
shape('easypost', 'got §', `EZAK${made(ALNUM, 54)}`);
shape('1password service', 'got §', `ops_eyJ${made(ALNUM, 260)}`);
shape('artifactory', 'got §', `AKCp${made(ALNUM, 69)}`);
const jwt = () => `eyJ${made(ALNUM, 30)}.eyJ${made(ALNUM, 60)}.${made(ALNUM, 43)}`;
shape('json web token', 'Request unauthorized: §', jwt());
shape('temporal cloud api key', 'TEMPORAL_API_KEY=§', jwt());

// Headers.
shape('bearer', 'Authorization: Bearer §', word());
shape('bearer lower', 'authorization: bearer §', word());
shape('bearer in json', '{"headers":{"authorization":"Bearer §"}}', word());
shape('bearer alone', 'sent "Bearer §"', `${word()}.${word()}`);
shape('basic', 'Authorization: Basic §', base64(`app:${word()}`));
shape('digest', 'Authorization: Digest username="app", response="§"', made(HEX, 32));
shape('token scheme', 'Authorization: Token §', word());
shape('apikey scheme', 'Authorization: ApiKey §', word());
shape('aws signature', 'Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261128, Signature=§', made(HEX, 64));
shape('proxy authorization', 'Proxy-Authorization: Basic §', base64(`p:${word()}`));
shape('x-api-key', 'x-api-key: §', word());
shape('x-auth-token', 'X-Auth-Token: §', word());
shape('x-vault-token', 'X-Vault-Token: §', word());
shape('private-token', 'PRIVATE-TOKEN: §', word());
shape('cookie', 'Cookie: session=§; theme=dark', word());
shape('set-cookie', 'set-cookie: sid=§; HttpOnly', word());
shape('headers as an array', "headers: [ [ 'x-api-key', '§' ] ]", word());
shape('curl -H', "curl -H 'Authorization: Bearer §' https://api.example", word());
shape('curl -u', 'curl -u app:§ https://api.example', word());
shape('curl --user', 'curl --user "app:§" https://api.example', word());

// Environment, files of settings and code.
for (const name of [
  'DB_PASSWORD',
  'PGPASSWORD',
  'MYSQL_PWD',
  'SLACK_BOT_TOKEN',
  'X_TOKEN',
  'API_KEY',
  'STRIPE_SECRET',
  'SECRET_KEY_BASE',
  'AWS_SECRET_ACCESS_KEY',
  'CRM_API_TOKEN',
  'ENCRYPTION_KEY',
  'JWT_SECRET',
  'SMTP_PASS',
  'REDIS_PASSWORD',
  'CLIENT_SECRET',
  'ADMIN_PASSPHRASE',
  'SERVICE_CREDENTIALS',
  'AUTH',
  'SIGNING_KEY',
  'DEPLOY_KEY',
]) {
  shape(`env ${name}`, `spawn failed: ${name}=§ node worker`, word());
}
shape('env quoted', 'export DB_PASSWORD="§"', `${word()} with space`);
shape('env single-quoted', "export DB_PASSWORD='§'", word());
shape('docker -e', 'docker run -e DB_PASSWORD=§ app', word());
shape('json password', '{"user":"app","password":"§"}', word());
shape('json with spaces', '{ "password" : "§" }', word());
shape('json camel', '{"apiKey":"§","accessToken":"x"}', word());
shape('json snake', '{"client_secret":"§"}', word());
shape('json kebab', '{"x-api-key":"§"}', word());
shape('json in json', JSON.stringify({ body: '{"password":"§"}' }), word());
shape('json in json in json', JSON.stringify({ a: JSON.stringify({ body: '{"password":"§"}' }) }), word());
shape('json number', '{"password":§}', made('123456789', 10));
shape('json pretty', '{\n  "credentials": {\n    "secret": "§"\n  }\n}', word());
shape('json with an escape', '{"password":"a\\"§"}', word());
shape('json cut off', '{"user":"app","password":"§', word());
shape('yaml', 'user: app\npassword: §\nhost: db', word());
shape('yaml quoted', 'password: "§"', word());
shape('yaml single', "  secret: '§'", word());
shape('yaml block', 'password: |\n  §\nuser: app', word());
shape('yaml in a list', '- name: x\n- token: §', word());
shape('yaml flow', '{user: app, password: §}', word());
shape('kubernetes secret', 'kind: Secret\ndata:\n  password: §', base64(word()));
shape('kubeconfig', 'client-key-data: §', base64(`-----BEGIN ${word()}`));
shape('toml', 'api_key = "§"', word());
shape('ini', '[db]\npassword=§\n', word());
shape('properties', 'spring.datasource.password=§', word());
shape('xml element', '<config><password>§</password></config>', word());
shape('xml attribute', '<db user="app" password="§"/>', word());
shape('xml key and value', '<add key="ClearTextPassword" value="§" />', word());
shape('npmrc', '//registry.example/:_authToken=§', word());
shape('netrc', 'machine api.example login app password §', word());
shape('pgpass', 'db.example:5432:crm:app:§', word());
shape('docker config', '{"auths":{"r.example":{"auth":"§"}}}', base64(`app:${word()}`));
shape('javascript object', "{ user: 'app', password: '§' }", word());
shape('util.inspect', "Error: x {\n  config: { password: '§' }\n}", word());
shape('python dict', "{'user': 'app', 'password': '§'}", word());
shape('ruby hash', '{:user=>"app", :password=>"§"}', word());
shape('go struct', '{User:app Password:§ Host:db}', word());
shape('java map', '{user=app, password=§, host=db}', word());
shape('php array', "['password' => '§']", word());
shape('index assignment', 'os.environ["DB_PASSWORD"] = "§"', word());
shape('walrus', 'password := "§"', word());
shape('flag', 'psql --password=§ failed', word());
shape('flag with a space', 'tool --api-token § failed', word());
shape('flag quoted', "tool --password '§'", word());
shape('sql alter user', "alter role app with password '§'", word());
shape('sql identified by', "CREATE USER app IDENTIFIED BY '§'", word());
shape('sql parameter', 'insert into users (password) values (...) -- password=§', word());
shape('redis auth', 'redis: AUTH § failed', word());
shape('ansible', 'ansible_become_pass=§', word());
shape('backticks', 'password=`§`', word());

// Addresses and connection strings.
for (const scheme of [
  'postgres',
  'postgresql',
  'mysql',
  'mongodb+srv',
  'redis',
  'amqp',
  'https',
  'ftp',
  'smtp',
  'sqlserver',
]) {
  shape(`${scheme} address`, `connect ${scheme}://app:§@db.example:5432/crm failed`, word());
}
shape('password with @ and /', 'postgres://app:§@db/crm is down', `p/${word()}@x`);
shape('password with #', 'postgres://app:§@db/crm is down', `p#${word()}?`);
shape('password without a user', 'redis://:§@cache:6379', word());
shape('token as the user', 'git clone https://§@github.example/acme/x', made(ALNUM, 24));
shape('sentry dsn', 'https://§@o1.ingest.sentry.example/1', made(HEX, 32));
shape('libpq', "host=db user=app password=§ dbname='crm'", word());
shape('libpq quoted', "host=db password='§' dbname=crm", `${word()} two words`);
shape('ado', 'Server=db;User Id=app;Password=§;Encrypt=true', word());
shape('odbc', 'DRIVER={PG};UID=app;PWD=§;', word());
shape('jdbc', 'jdbc:postgresql://db/crm?user=app&password=§', word());
shape('azure storage', 'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=§;', `${made(ALNUM, 86)}==`);
shape('azure sas', 'https://a.blob.example/x?sv=2024-01-01&sig=§&se=1', `${made(ALNUM, 43)}%3D`);
shape('aws signed', 'https://b.example/x?X-Amz-Credential=a&X-Amz-Signature=§', made(HEX, 64));
shape('google signed', 'https://b.example/x?X-Goog-Signature=§&a=1', made(HEX, 64));
shape('query token', 'GET https://api.example/v1?access_token=§&limit=5', word());
shape('query apikey', 'GET https://api.example/v1?apikey=§', word());
shape('fragment', 'https://app.example/#access_token=§', word());
shape('oauth code', 'https://app.example/cb?client_secret=§&code=1', word());

// Keys.
const pem = (kind: string) => `-----BEGIN ${kind}-----\n${made(ALNUM, 64)}\n${made(ALNUM, 64)}\n-----END ${kind}-----`;
const inner = (text: string) => text.split('\n')[1] ?? '';
for (const kind of [
  'PRIVATE KEY',
  'RSA PRIVATE KEY',
  'EC PRIVATE KEY',
  'OPENSSH PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
]) {
  const key = pem(kind);
  shape(`pem ${kind}`, `cannot read §`, key, inner(key));
}
const inJson = pem('PRIVATE KEY');
shape('pem in json', JSON.stringify({ private_key: inJson }), inner(inJson));
const cut = pem('PRIVATE KEY').slice(0, 120);
shape('pem cut off', `cannot read §`, cut, inner(cut));
const crlf = pem('PRIVATE KEY').replaceAll('\n', '\r\n');
shape('pem with carriage returns', `cannot read §`, crlf, inner(crlf).trim());

// Encoded, and split over lines.
const hidden = slack('xoxb');
shape('slack, percent-encoded', `text=%22${hidden.replaceAll('-', '%2D')}%22`, hidden.replaceAll('-', '%2D'));
const query = word();
shape('assignment, percent-encoded', `body=user%3Dapp%26password%3D${query}`, query);
const address = word();
shape('address, percent-encoded', `url=${encodeURIComponent(`postgres://app:${address}@db/crm`)}`, address);
const encoded = base64(JSON.stringify({ user: 'app', password: word() }));
shape('json in base64', `payload §`, encoded);
const encodedToken = base64(`token ${slack('xoxb')} here`);
shape('slack in base64', `data: §`, encodedToken);
const encodedAddress = base64(`postgres://app:${word()}@db.example/crm`);
shape('address in base64', `data: §`, encodedAddress);
const encodedUrl = Buffer.from(`{"api_key":"${word()}?>?>"}`).toString('base64url');
shape('json in base64url', `data: §`, encodedUrl);
const split = [`xoxb-${made(DIGIT, 12)}-`, `${made(DIGIT, 12)}-${made(ALNUM, 24)}`];
shape('slack over two lines', split.join('\n'), split[1] ?? '');
const folded = word();
shape('assignment over two lines', `password=\n  ${folded}`, folded);
const foldedJson = word();
shape('json over two lines', `{"password":\n    "${foldedJson}"}`, foldedJson);

// A second list, written later and without a look at the patterns: what else errors, answers and logs of services hold.
const uuid = () => [8, 4, 4, 4, 12].map((length) => made(HEX, length)).join('-');
const fresh = () => `${made(UPPER, 2)}${made(LOWER, 6)}${made(DIGIT, 4)}${made(ALNUM, 6)}`;

// Tokens of services.
shape('github installation, new', 'remote: Invalid username or token §', `ghs_${made(ALNUM, 36)}`);
shape(
  'github in an address',
  "fatal: unable to access 'https://x-access-token:§@github.com/a/b.git/'",
  `ghs_${made(ALNUM, 36)}`,
);
shape('gitlab ci job', 'git clone https://gitlab-ci-token:§@gitlab.example/a/b', `glcbt-64_${made(ALNUM, 20)}`);
shape('bitbucket app password', 'auth failed for https://bob:§@bitbucket.org/a/b', `ATBB${made(ALNUM, 32)}`);
shape(
  'aws key pair',
  'credentials AKIA{0}/§ rejected'.replace('{0}', made(UPPER, 16)),
  `aws_secret_access_key=${made(`${ALNUM}/+`, 40)}`,
);
shape('aws in json', '{"AccessKeyId":"x","SecretAccessKey":"§"}', made(`${ALNUM}/+`, 40));
shape('aws session in json', '{"SessionToken":"§"}', made(`${ALNUM}/+`, 200));
shape('aws credential header', 'X-Amz-Security-Token: §', made(`${ALNUM}/+`, 200));
shape('gcp service account', '{"type":"service_account","private_key_id":"§"}', made(HEX, 40));
shape('gcp refresh token', 'invalid_grant: 1//§', `0${made(ALNUM, 100)}`);
shape(
  'azure connection string',
  'Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=§',
  `${made(ALNUM, 43)}=`,
);
shape('azure cosmos', 'AccountEndpoint=https://x.documents.azure.com:443/;AccountKey=§;', `${made(ALNUM, 86)}==`);
shape('azure function', 'POST https://x.azurewebsites.net/api/f?code=§', `${made(ALNUM, 54)}==`);
shape('azure devops', 'https://anything:§@dev.azure.com/org', made(LOWER + DIGIT, 52));
shape('openai service', 'Incorrect API key provided: §', `sk-svcacct-${made(ALNUM, 74)}T3BlbkFJ${made(ALNUM, 74)}`);
shape('groq', 'Invalid API Key §', `gsk_${made(ALNUM, 52)}`);
shape('replicate', 'got §', `r8_${made(ALNUM, 37)}`);
shape('xai', 'got §', `xai-${made(ALNUM, 80)}`);
shape('openrouter', 'got §', `sk-or-v1-${made(HEX, 64)}`);
shape('langsmith', 'got §', `lsv2_pt_${made(HEX, 32)}_${made(HEX, 10)}`);
shape('pinecone', 'got §', `pcsk_${made(ALNUM, 6)}_${made(ALNUM, 63)}`);
shape('supabase', 'got §', `sbp_${made(HEX, 40)}`);
shape('supabase secret', 'got §', `sb_secret_${made(ALNUM, 22)}_${made(ALNUM, 8)}`);
shape('vercel', 'VERCEL_TOKEN=§', made(ALNUM, 24));
shape('netlify', 'got §', `nfp_${made(ALNUM, 40)}`);
shape('render', 'got §', `rnd_${made(ALNUM, 32)}`);
shape('railway', 'RAILWAY_TOKEN=§', uuid());
shape('cloudflare bearer', '-H "Authorization: Bearer §"', made(ALNUM, 40));
shape('cloudflare global key', 'X-Auth-Key: §', made(HEX, 37));
shape('stripe organisation', 'got §', `sk_org_live_${made(ALNUM, 60)}`);
shape('paypal', 'got §', `access_token$production$${made(LOWER + DIGIT, 16)}$${made(HEX, 32)}`);
shape('adyen', 'X-API-Key: §', `AQE${made(ALNUM, 60)}`);
shape('mollie', 'got §', `live_${made(ALNUM, 30)}`);
shape('twilio auth token', 'curl -u AC{0}:§'.replace('{0}', made(HEX, 32)), made(HEX, 32));
shape('mailchimp', 'key §', `${made(HEX, 32)}-us14`);
shape('brevo', 'got §', `xkeysib-${made(HEX, 64)}-${made(ALNUM, 16)}`);
shape('postmark', 'X-Postmark-Server-Token: §', uuid());
shape('resend', 'got §', `re_${made(ALNUM, 8)}_${made(ALNUM, 24)}`);
shape('sentry org', 'got §', `sntrys_eyJ${made(ALNUM, 120)}_${made(ALNUM, 43)}`);
shape('datadog header', 'DD-API-KEY: §', made(HEX, 32));
shape('datadog application', 'DD-APPLICATION-KEY: §', made(HEX, 40));
shape('new relic licence', 'got §', `${made(HEX, 36)}NRAL`);
shape('honeycomb', 'x-honeycomb-team: §', `hcaik_01${made(LOWER + DIGIT, 58)}`);
shape('pagerduty', 'Authorization: Token token=§', made(ALNUM, 20));
shape('opsgenie', 'Authorization: GenieKey §', uuid());
shape('splunk', 'Authorization: Splunk §', uuid());
shape('figma', 'got §', `figd_${made(ALNUM, 40)}`);
shape('airtable', 'got §', `pat${made(ALNUM, 14)}.${made(HEX, 64)}`);
shape('asana', 'got §', `2/${made(DIGIT, 16)}/${made(DIGIT, 16)}:${made(HEX, 32)}`);
shape('hubspot', 'got §', `pat-na1-${uuid()}`);
shape('intercom', 'got §', `dG9rO${made(ALNUM, 54)}=`);
shape('zendesk', 'curl -u bob@acme.example/token:§', made(ALNUM, 40));
shape('jira', 'curl -u bob@acme.example:§', `ATATT3xFfGF0${made(ALNUM, 180)}`);
shape('discord bot', 'got §', `M${made(ALNUM, 25)}.${made(ALNUM, 6)}.${made(ALNUM, 38)}`);
shape('telegram bot', 'token §', `${made('123456789', 10)}:AA${made(ALNUM, 33)}`);
shape('docker hub', 'got §', `dckr_pat_${made(ALNUM, 27)}`);
shape('docker hub organisation', 'got §', `dckr_oat_${made(ALNUM, 32)}`);
shape('crates.io', 'got §', `cio${made(ALNUM, 32)}`);
shape('clickhouse cloud', 'got §', `4b1d${made(ALNUM, 38)}`);
shape('neon', 'postgresql://neondb_owner:§@ep-x.aws.neon.tech/neondb', `npg_${made(ALNUM, 12)}`);
shape('tailscale', 'got §', `tskey-auth-${made(ALNUM, 16)}-${made(ALNUM, 32)}`);
shape('ngrok', 'authtoken: §', `2${made(ALNUM, 26)}_${made(ALNUM, 21)}`);
shape('sonarqube', 'got §', `squ_${made(HEX, 40)}`);
shape('snyk', 'SNYK_TOKEN=§', uuid());
shape('buildkite', 'got §', `bkua_${made(HEX, 40)}`);
shape('circleci', 'Circle-Token: §', made(HEX, 40));
shape('circleci personal', 'got §', `CCIPAT_${made(ALNUM, 22)}_${made(HEX, 40)}`);
shape('vault token in a header', 'X-Vault-Token: hvs.§', made(ALNUM, 24));
shape('consul', 'X-Consul-Token: §', uuid());
shape('nomad', 'X-Nomad-Token: §', uuid());
shape('vault wrapped', '{"auth":{"client_token":"§"}}', `s.${made(ALNUM, 24)}`);
shape('prefect', 'got §', `pnu_${made(ALNUM, 36)}`);
shape('contentful', 'got §', `CFPAT-${made(ALNUM, 43)}`);
shape('typeform', 'got §', `tfp_${made(ALNUM, 44)}_${made(ALNUM, 14)}`);
shape('zapier hook', 'POST https://hooks.zapier.com/hooks/catch/§/', `${made(DIGIT, 7)}/${made(LOWER, 7)}`);
shape('google chat webhook', 'POST https://chat.googleapis.com/v1/spaces/A/messages?key=x&token=§', made(ALNUM, 43));
shape('mattermost webhook', 'POST https://chat.acme.example/hooks/§ 403', made(LOWER + DIGIT, 26));

// Words of servers and libraries.
shape('node-postgres config', "Client { user: 'app', password: '§', port: 5432 }", fresh());
shape('mysql driver', 'ER_ACCESS_DENIED: using password: YES (mysql://root:§@db/x)', fresh());
shape('odbc braces', 'Driver={x};Uid=sa;Pwd={§};', fresh());
shape('oracle', 'ORA-01017: sqlplus scott/§@db', fresh());
shape('ldap', 'ldapsearch -D cn=admin -w § failed', fresh());
shape('mysql -p', 'mysqldump -u root -p§ crm', fresh());
shape('sshpass', "sshpass -p '§' ssh host", fresh());
shape('redis-cli', 'redis-cli -a § ping', fresh());
shape('openssl', 'openssl enc -pass pass:§', fresh());
shape('jdbc user info', 'jdbc:oracle:thin:scott/§@//db:1521/x', fresh());
shape('s3 presigned', 'https://b.s3.amazonaws.com/k?X-Amz-Security-Token=§&X-Amz-Expires=60', made(ALNUM, 120));
shape('cloudfront', 'https://d.example/x?Policy=a&Signature=§&Key-Pair-Id=b', made(ALNUM, 120));
shape('oauth form', 'grant_type=refresh_token&refresh_token=§&client_id=a', fresh());
shape('oauth answer', '{"token_type":"bearer","access_token":"§","expires_in":3600}', fresh());
shape('oauth id token', '{"id_token":"§"}', `eyJ${made(ALNUM, 30)}.eyJ${made(ALNUM, 60)}.${made(ALNUM, 43)}`);
shape('authorization code', 'GET /callback?code=§&state=xyz', made(ALNUM, 43));
shape('saml', 'SAMLResponse=§', Buffer.from(`<saml:Assertion>${made(ALNUM, 90)}`).toString('base64'));
shape('csrf', 'X-CSRF-Token: §', fresh());
shape('session id', 'JSESSIONID=§; Path=/', made(HEX.toUpperCase(), 32));
shape('php session', 'PHPSESSID=§', made(LOWER + DIGIT, 26));
shape('laravel key', 'APP_KEY=base64:§', `${made(ALNUM, 43)}=`);
shape('django', "SECRET_KEY = '§'", `django-insecure-${made(ALNUM, 50)}`);
shape('rails master', 'RAILS_MASTER_KEY=§', made(HEX, 32));
shape('fernet', 'FERNET_KEY=§', `${made(ALNUM, 43)}=`);
shape('wordpress', "define('AUTH_KEY', '§');", made(`${ALNUM}!#%`, 64));
shape('define of a password', "define( 'DB_PASSWORD', '§' );", fresh());
shape('powershell', '$env:API_TOKEN = "§"', fresh());
shape('fish', 'set -x API_TOKEN §', fresh());
shape('csh', 'setenv API_TOKEN §', fresh());
shape('windows', 'set DB_PASSWORD=§', fresh());
shape('dockerfile', 'ENV DB_PASSWORD §', fresh());
shape('compose', 'environment:\n  - DB_PASSWORD=§', fresh());
shape('kubernetes env', '- name: DB_PASSWORD\n  value: §', fresh());
shape('kubernetes env in json', '{"name":"DB_PASSWORD","value":"§"}', fresh());
shape('terraform', 'variable "db_password" { default = "§" }', fresh());
shape('hcl', 'db_password = "§"', fresh());
shape('github actions', 'env:\n  TOKEN: §', fresh());
shape('nginx', 'proxy_set_header Authorization "Bearer §";', fresh());
shape('systemd', 'Environment="DB_PASSWORD=§"', fresh());
shape('maven', '<server><username>a</username><password>§</password></server>', fresh());
shape('soap', '<wsse:Password Type="x#PasswordText">§</wsse:Password>', fresh());
shape('plist', '<key>password</key><string>§</string>', fresh());
shape('java properties', 'javax.net.ssl.keyStorePassword=§', fresh());
shape('keytool', 'keytool -storepass § -list', fresh());
shape('spring', 'spring:\n  datasource:\n    password: §', fresh());
shape('url in json', JSON.stringify({ url: 'https://u:§@x.example' }), fresh());
shape('proxy address', 'HTTPS_PROXY=http://proxyuser:§@proxy:3128', fresh());
shape('headers of fetch', "Headers { authorization: 'Bearer §' }", fresh());
shape('raw headers', "rawHeaders: [ 'Authorization', 'Bearer §', 'Host', 'x' ]", fresh());
shape('axios error', `{"config":{"auth":{"username":"a","password":"§"}}}`, fresh());
shape('multipart', 'Content-Disposition: form-data; name="password"\r\n\r\n§\r\n--x', fresh());
shape('graphql variables', '{"query":"mutation","variables":{"input":{"newPassword":"§"}}}', fresh());
shape('zod', 'Invalid value for password, received "§"', fresh());
shape('validation, quoted', `"§" is not a valid token`, fresh());
shape('sentence', 'The password is §', fresh());
shape('german', 'Passwort: §', fresh());
shape('french', 'mot_de_passe=§', fresh());
shape('spanish', 'contraseña=§', fresh());
shape('abbreviated', 'pw=§', fresh());
shape('access code', 'pin=§', made(DIGIT, 8));
shape('one-time code', 'otp=§', made(DIGIT, 6));
shape(
  'ssh public and private',
  'ssh: §',
  `-----BEGIN DSA PRIVATE KEY-----\n${made(ALNUM, 64)}\n-----END DSA PRIVATE KEY-----`,
);
shape(
  'pgp',
  '§',
  `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOY${made(ALNUM, 60)}\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----`,
);
shape('putty', 'PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n§\nPrivate-MAC: x', made(ALNUM, 48));
shape('jwk', '{"kty":"EC","crv":"P-256","x":"a","d":"§"}', made(ALNUM, 43));
shape('wireguard', 'PrivateKey = §', `${made(ALNUM, 43)}=`);
shape('ethereum', 'private key 0x§', made(HEX, 64));
shape('seed words', 'mnemonic="§"', 'legal winner thank year wave sausage worth useful legal winner thank yellow');
shape('stack trace', `Error: connect failed\n    at open (postgres://app:§@db/crm:12:3)\n    at main`, fresh());
shape('in brackets', '[password=§]', fresh());
shape('in angle brackets', '<token=§>', fresh());
shape('tab separated', 'password\t§', fresh());
shape('arrow', 'password -> §', fresh());
shape('double equals', "password == '§'", fresh());
shape('html form', '<input type="hidden" name="csrf_token" value="§">', fresh());
shape('uri user only', 'amqps://§:@mq.example', made(ALNUM, 32));
shape('quoted by SQL', "bad JSON path: '{ user: ''app'', password: ''§'' }'", fresh());
shape('quoted by SQL, set', "near 'alter role app with password ''§''': syntax error", fresh());
shape('quoted by CSV', 'line 2: "{""user"":""app"",""password"":""§""}"', fresh());
shape('utf-16 in json', '{"pass\\u0077ord":"§"}', fresh());
shape('double percent-encoded', `r=password%253D§`, fresh());
const twice = base64(base64(`password=${fresh()}`));
shape('base64 twice', 'data: §', twice);
const hexed = Buffer.from(`password=${fresh()}`).toString('hex');
shape('hexadecimal', 'bytes: §', hexed);

/** Shapes of secrets, each with what must not be left of it. */
export const SECRET_SHAPES: readonly SecretShape[] = shapes;
