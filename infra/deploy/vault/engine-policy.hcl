# What one engine may do in the vault: the secrets of its own domain in one folder, and nothing else.
# `setup-engine.sh` fills in @MOUNT@, @FOLDER@ and @DOMAIN@, once for each folder that templates name.
# `*` is the account's name, or folders that the requester chose and the name: there is no right to list, and none outside
# the domain. That holds because a folder never has a dot and a domain always has: no folder lies inside of a domain's part.

path "@MOUNT@/data/@FOLDER@/@DOMAIN@/*" {
  capabilities = ["create", "read", "update", "patch"]
}

# `patch` marks a secret with its account; `read` tells which versions there are; `delete` removes it with all of them
# when the account is gone for good.
path "@MOUNT@/metadata/@FOLDER@/@DOMAIN@/*" {
  capabilities = ["read", "patch", "delete"]
}

# While a retirement can be undone the secret is out of everybody's reach, and an undo brings back the same versions.
path "@MOUNT@/delete/@FOLDER@/@DOMAIN@/*" {
  capabilities = ["update"]
}
path "@MOUNT@/undelete/@FOLDER@/@DOMAIN@/*" {
  capabilities = ["update"]
}
