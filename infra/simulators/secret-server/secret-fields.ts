/** One field of a secret by its slug, text or file (docs.delinea.com, Secret Server REST API). */
import { Router } from 'express';
import { bodyOf, readBody } from './arguments.ts';
import { mayWithSecret } from './permissions.ts';
import { invalid, refusal } from './refusals.ts';
import { answers, answersRaw, type Call } from './routing.ts';
import { giveBackWhenAsked, openSecret } from './secret-access.ts';
import { audit, itemOf, templateOf } from './secret-views.ts';
import { fieldOf } from './secret-rules.ts';
import { setField, touched } from './secret-writes.ts';
import type { Secret, TemplateField, User, World } from './types.ts';

export function secretFieldRoutes(world: World): Router {
  const router = Router();
  const path = '/v1/secrets/:id/fields/:slug';
  router.get(path, answers(world, readField));
  router.put(path, answersRaw(world, writeField));
  router.all(path, () => {
    throw refusal({ status: 405, body: { message: 'The requested resource does not support this method.' } });
  });
  router.post(
    '/v1/secrets/:id/restricted/fields/:slug',
    answers(world, (call) => {
      return readField({ ...call, restricted: true });
    }),
  );
  return router;
}

/** The bare value: a JSON string, or the bytes of a file. A file that is not there is an empty text. */
function readField(call: Call & { readonly restricted?: boolean }): string | Buffer {
  const secret = openSecret(call, call.param('id'), 'View');
  const field = fieldOf(templateOf(call.world, secret), call.param('slug'));
  const item = itemOf(secret, field);
  audit(call.world, secret, call.user, 'VIEW', field.name);
  giveBackWhenAsked(call, secret);
  return item?.file?.bytes ?? item?.value ?? '';
}

async function writeField(call: Omit<Call, 'body'>): Promise<string | true> {
  const { world, user, request } = call;
  const upload = await multipartFile(request.get('content-type') ?? '', bodyOf(request));
  const body = readBody(
    upload ? Object.assign(Object.create(request) as typeof request, { body: undefined }) : request,
  );
  const secret = openSecret({ ...call, body }, call.param('id'), 'Edit');
  const field = fieldOf(templateOf(world, secret), call.param('slug'));
  if (field.isFile) {
    const bytes = upload?.bytes ?? attachmentOf(body.raw('fileAttachment'));
    return setFile(world, user, secret, field, upload?.name ?? body.text('fileName') ?? '', bytes);
  }
  const value = body.text('value');
  if (value === undefined) throw invalid('value', 'The value is required.');
  setField(world, user, secret, field.slug, value, mayWithSecret(world, user, secret, 'Owner'));
  giveBackWhenAsked({ ...call, body }, secret);
  return value;
}

function setFile(world: World, user: User, secret: Secret, field: TemplateField, name: string, bytes: Buffer): true {
  if (name === '') throw invalid('fileName', 'The name of the file is required.');
  const file = { attachmentId: world.nextId(), name, bytes };
  const item = itemOf(secret, field);
  if (item) item.file = file;
  else secret.items.push({ itemId: world.nextId(), fieldId: field.id, value: '', file });
  touched(world, user, secret);
  return true;
}

/** A byte array or base64. */
function attachmentOf(value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.from(value, 'base64');
  const isByte = (each: unknown) => Number.isInteger(each) && Number(each) >= 0 && Number(each) <= 255;
  if (Array.isArray(value) && value.every(isByte)) return Buffer.from(value as number[]);
  throw invalid('fileAttachment', 'Bytes are required.');
}

/** The part `file` of a multipart body; undefined for any other body. */
async function multipartFile(contentType: string, body: Buffer): Promise<{ name: string; bytes: Buffer } | undefined> {
  if (!/^multipart\/form-data/i.test(contentType)) return undefined;
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => undefined);
  const part = form?.get('file');
  if (!(part instanceof File)) throw invalid('file', 'A part named file is required.');
  return { name: part.name, bytes: Buffer.from(await part.arrayBuffer()) };
}
