import type { ChannelSettings } from '@holdfast/core/config/effective-config'

/** The settings of one kind of channel. */
export type ChannelOf<Type extends ChannelSettings['type']> = Extract<ChannelSettings, { readonly type: Type }>

/** What is only an address to post to. */
export type UrlChannel = Extract<ChannelSettings, { readonly type: 'slack' | 'discord' }>
