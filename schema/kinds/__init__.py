"""The kinds of support session: one file and one line each."""

from schema.fields import KindType
from schema.kinds import bot, chat, co_browse, knowledge, remote_support

KINDS: tuple[KindType, ...] = (
    KindType(co_browse.CO_BROWSE, co_browse.CoBrowseSession, co_browse.CoBrowseMutations),
    KindType(
        remote_support.REMOTE_SUPPORT,
        remote_support.RemoteSupportSession,
        remote_support.RemoteSupportMutations,
    ),
    KindType(knowledge.KNOWLEDGE, knowledge.KnowledgeSession, knowledge.KnowledgeMutations),
    KindType(chat.CHAT, chat.ChatSession, chat.ChatMutations),
    KindType(bot.BOT, bot.BotSession, bot.BotMutations),
)
