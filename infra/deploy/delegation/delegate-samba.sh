#!/bin/sh
# Gives the engine's account exactly the rights it needs on a Samba AD domain, and makes the account when asked.
# Run it again at any time: what is there already stays as it is. See docs/operate/directory-delegation.md.
set -eu

usage() {
  cat <<'TEXT'
usage: delegate-samba.sh --account NAME --ou DN... [--group-ou DN...] [--create-with-password-file FILE]
                         [-- OPTIONS FOR SAMBA-TOOL]

  --account NAME                     the engine's account (sAMAccountName), an ordinary user
  --ou DN                            an OU in which the engine makes accounts, or where retired ones wait; may be given
                                     several times
  --group-ou DN                      an OU whose groups the engine's accounts may join; may be given several times
  --create-with-password-file FILE   make the account if it is not there, with the password in FILE

On a domain controller, as root, no samba-tool options are needed. From elsewhere, for example:
  -- -H ldaps://dc1.corp.example.com -U administrator
TEXT
}

account='' password_file='' ous='' group_ous=''
newline='
'
while [ $# -gt 0 ]; do
  case $1 in
    --account|--ou|--group-ou|--create-with-password-file)
      [ -n "${2-}" ] || { echo "$1 needs a value" >&2; usage >&2; exit 2; } ;;
  esac
  case $1 in
    --account) account=$2; shift 2 ;;
    --ou) ous="$ous$2$newline"; shift 2 ;;
    --group-ou) group_ous="$group_ous$2$newline"; shift 2 ;;
    --create-with-password-file) password_file=$2; shift 2 ;;
    --help|-h) usage; exit 0 ;;
    --) shift; break ;;
    *) usage >&2; exit 2 ;;
  esac
done
if [ -z "$account" ] || [ -z "$ous" ]; then usage >&2; exit 2; fi
# From here on "$@" holds what goes to samba-tool.

# schemaIDGUIDs and rights of the base schema: the same in every forest (MS-ADSC, MS-ADA1 to 3, MS-ADTS 5.1.3.2.1).
user=bf967aba-0de6-11d0-a285-00aa003049e2
group=bf967a9c-0de6-11d0-a285-00aa003049e2
member=bf9679c0-0de6-11d0-a285-00aa003049e2
reset_password=00299570-246d-11d0-a768-00aa006e0529
written_attributes='
  bf967a68-0de6-11d0-a285-00aa003049e2
  bf967915-0de6-11d0-a285-00aa003049e2
  bf967950-0de6-11d0-a285-00aa003049e2
  bf96793e-0de6-11d0-a285-00aa003049e2
  28630ebb-41d5-11d1-a9c1-0000f80367c1
  bf967a0a-0de6-11d0-a285-00aa003049e2
  28630ebf-41d5-11d1-a9c1-0000f80367c1
  20119867-1d04-4ab7-9371-cfc3d5df0afd
  bf96793f-0de6-11d0-a285-00aa003049e2
  bf967a0e-0de6-11d0-a285-00aa003049e2
  bf967953-0de6-11d0-a285-00aa003049e2
  bf96794f-0de6-11d0-a285-00aa003049e2
  f0f8ff88-1191-11d0-a060-00aa006c33ed
  fe6136a0-2073-11d0-a9c2-00aa006c33ed
  a8df73ef-c5ea-11d1-bbcb-0080c76670c0
  bf9679f7-0de6-11d0-a285-00aa003049e2
  bf967a49-0de6-11d0-a285-00aa003049e2
  bf967961-0de6-11d0-a285-00aa003049e2
  bf967a55-0de6-11d0-a285-00aa003049e2
' # userAccountControl accountExpires description info userPrincipalName pwdLastSet lockoutTime msDS-SupportedEncryptionTypes
# cn name displayName department company division employeeNumber physicalDeliveryOfficeName telephoneNumber mail title

if ! sid_line=$(samba-tool user show "$account" --attributes=objectSid "$@" 2>/dev/null); then
  if [ -z "$password_file" ]; then
    echo "$account is not in the domain; give --create-with-password-file to make it" >&2
    exit 1
  fi
  # The password goes in by standard input: arguments of processes can be read by everybody on the machine.
  password=$(cat "$password_file")
  printf '%s\n%s\n' "$password" "$password" | setsid -w samba-tool user create "$account" "$@" \
    --description='Account lifecycle engine: see its delegation before you change it' >/dev/null 2>&1 ||
    { echo "could not make $account: does the password satisfy the domain's policy?" >&2; exit 1; }
  samba-tool user setexpiry "$account" --noexpiry "$@" >/dev/null
  sid_line=$(samba-tool user show "$account" --attributes=objectSid "$@")
  echo "made $account"
fi
sid=$(printf '%s\n' "$sid_line" | sed -n 's/^objectSid: *//p')
[ -n "$sid" ] || { echo "the SID of $account cannot be read" >&2; exit 1; }

# Make and delete users (also below an OU that is protected against the deletion of what is in it); reset their
# passwords; read them; write what the product writes, and nothing else.
aces="(OA;CI;CCDC;$user;;$sid)(OA;CIIO;CR;$reset_password;$user;$sid)(OA;CIIO;RPLCRCSD;;$user;$sid)"
for attribute in $written_attributes; do aces="$aces(OA;CIIO;WP;$attribute;$user;$sid)"; done

grant() { # LIST-OF-DNS ACES SAMBA-TOOL-OPTIONS...
  dns=$1 wanted=$2
  shift 2
  printf '%s' "$dns" | while IFS= read -r dn; do
    if ! said=$(samba-tool dsacl set --objectdn="$dn" --sddl="$wanted" "$@" 2>&1); then
      echo "could not delegate $dn to $account; is it the DN of an OU of this domain? samba-tool says:" >&2
      # Of a Python traceback the last line is the one that says something.
      printf '%s\n' "$said" | tail -n 1 >&2
      exit 1
    fi
    echo "delegated $dn to $account"
  done
}
grant "$ous" "$aces" "$@"
grant "$group_ous" "(OA;CIIO;WP;$member;$group;$sid)" "$@"
