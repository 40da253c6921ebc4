#!/bin/sh
# Prepares a HashiCorp Vault or OpenBao for the engine of one domain: the KV v2 mount, a least-privilege policy, and an
# AppRole with a secret id. May be run again: it changes what differs and keeps a secret id that is there.
set -eu

usage() {
  cat <<'USAGE'
usage: setup-engine.sh --domain FQDN --folder FOLDER [--folder FOLDER …] --secret-id-file FILE [options]

  --domain FQDN          the Active Directory domain whose engine this is
  --folder FOLDER        a folder that templates store secrets in (vault.folder); may be repeated
  --secret-id-file FILE  where to write the secret id (mode 0600); kept when it exists

  --mount MOUNT          the KV v2 mount                                (default: secret)
  --role NAME            the AppRole and its policy                     (default: alm-engine-FQDN)
  --cidr CIDR[,CIDR]     addresses the engine may use the role from     (default: any)
  --secret-id-ttl TTL    how long a secret id is good, such as 8760h    (default: for ever)
  --rotate-secret-id     issue a new secret id even though FILE exists

It uses the `bao` or `vault` command (or the one in VAULT_CLI) and its settings: VAULT_ADDR, VAULT_TOKEN, VAULT_CACERT,
VAULT_NAMESPACE. The token needs the rights to manage mounts, policies and AppRole. The role id is printed on stdout.
USAGE
}

fail() {
  echo "setup-engine.sh: $1" >&2
  exit 1
}

# Values end up in a policy: nothing that could close a quote, leave the folder or be a pattern gets there.
check_path() {
  case "/$2/" in
  *[!A-Za-z0-9._/-]* | *//* | */./* | */../*) fail "$1 must be a path of letters, digits, '.', '_' and '-': $2" ;;
  esac
}

# A folder with a dot could be the part of the path that belongs to another domain, and with it that engine's to read.
check_folder() {
  check_path --folder "$1"
  case "$1" in
  *.*) fail "--folder must not have a '.': $1" ;;
  esac
}

domain='' folders='' secret_id_file='' mount='secret' role='' cidr='' secret_id_ttl='0' rotate=''
while [ $# -gt 0 ]; do
  case "$1" in
  --help | -h) usage && exit 0 ;;
  --rotate-secret-id) rotate=yes && shift && continue ;;
  esac
  [ $# -ge 2 ] || fail "$1 needs a value; --help tells more"
  case "$1" in
  --domain) domain=$(printf %s "$2" | tr 'A-Z' 'a-z') ;;
  --folder) check_folder "$2" && folders="$folders $2" ;;
  --secret-id-file) secret_id_file=$2 ;;
  --mount) mount=$2 ;;
  --role) role=$2 ;;
  --cidr) cidr=$2 ;;
  --secret-id-ttl) secret_id_ttl=$2 ;;
  *) fail "unknown option $1; --help tells more" ;;
  esac
  shift 2
done
[ -n "$domain" ] && [ -n "$folders" ] && [ -n "$secret_id_file" ] ||
  fail '--domain, --folder and --secret-id-file are needed; --help tells more'
role=${role:-alm-engine-$domain}
check_path --domain "$domain"
case "$domain" in
*.*) ;;
*) fail "--domain must be a name such as corp.example.com: $domain" ;;
esac
case "$domain$role" in */*) fail '--domain and --role must not have a slash' ;; esac
check_path --mount "$mount"
check_path --role "$role"

cli=${VAULT_CLI:-$(command -v bao || command -v vault || true)}
[ -n "$cli" ] || fail 'neither bao nor vault is installed; VAULT_CLI may name one'

if ! "$cli" secrets list -format=json | grep -q "\"$mount/\""; then
  echo "mounting KV v2 at $mount/" >&2
  "$cli" secrets enable -path="$mount" -version=2 kv >&2
fi
if ! "$cli" auth list -format=json | grep -q '"approle/"'; then
  echo 'enabling AppRole' >&2
  "$cli" auth enable approle >&2
fi

here=$(dirname "$0")
{
  cat "$here/engine-session-policy.hcl"
  for folder in $folders; do
    sed -e "s|@MOUNT@|$mount|g" -e "s|@FOLDER@|$folder|g" -e "s|@DOMAIN@|$domain|g" "$here/engine-policy.hcl"
  done
} | "$cli" policy write "$role" - >&2

# The default policy is left out: the engine's own says all it needs.
"$cli" write "auth/approle/role/$role" token_policies="$role" token_no_default_policy=true token_type=service \
  token_ttl=1h token_max_ttl=24h secret_id_num_uses=0 secret_id_ttl="$secret_id_ttl" \
  token_bound_cidrs="$cidr" secret_id_bound_cidrs="$cidr" >&2

if [ -n "$rotate" ] || [ ! -s "$secret_id_file" ]; then
  umask 077
  secret_id=$("$cli" write -force -field=secret_id "auth/approle/role/$role/secret-id")
  printf %s "$secret_id" >"$secret_id_file.new"
  mv "$secret_id_file.new" "$secret_id_file"
  echo "wrote a new secret id to $secret_id_file" >&2
fi
"$cli" read -field=role_id "auth/approle/role/$role/role-id"
echo
