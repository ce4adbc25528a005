"""Chats as the Agendize Chat API serves them."""
