# What one engine may do in the vault: the secrets of its own domain in one folder, and nothing else.
# `setup-engine.sh` fills in @MOUNT@, @FOLDER@ and @DOMAIN@, once for each folder that templates name.
# `+` is exactly one path segment (the account's name): there is no right to list, and none outside the domain.

path "@MOUNT@/data/@FOLDER@/@DOMAIN@/+" {
  capabilities = ["create", "read", "update", "patch"]
}

# `patch` marks a secret with its account; `delete` removes it with all its versions when the account is retired.
path "@MOUNT@/metadata/@FOLDER@/@DOMAIN@/+" {
  capabilities = ["patch", "delete"]
}
